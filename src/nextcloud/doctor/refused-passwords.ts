import { createHash } from 'node:crypto';

/** Passwords that Nextcloud refused while this process runs, so that none is tried twice; by digest only. */
export class RefusedPasswords {
  readonly #digests = new Set<string>();

  has(password: string): boolean {
    return this.#digests.has(digestOf(password));
  }

  add(password: string): void {
    this.#digests.add(digestOf(password));
  }
}

function digestOf(password: string): string {
  return createHash('sha256').update(password).digest('hex');
}
