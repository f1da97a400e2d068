const POLL_MS = 20;
const TIMEOUT_MS = 120_000;

/** Waits until `condition` holds; however slow the machine, only the outcome counts. @throws Error when it never does */
export async function until(condition: () => Promise<boolean>, timeoutMs = TIMEOUT_MS): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`Not within ${timeoutMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
