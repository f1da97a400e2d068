import { parseArgs, type ParseArgsConfig } from 'node:util';

/** Exit code of a command that was called wrongly, or that found what it looks for to be wrong. */
export const REFUSED = 2;

const BAR_CELLS = 30;

type Options = NonNullable<ParseArgsConfig['options']>;

/** What the arguments say. */
export type Arguments<Named extends Options> = ReturnType<typeof parseArgs<{ options: Named; allowPositionals: true }>>;

/** How a command is called. */
export interface CommandLine<Named extends Options> {
  /** What `--help` prints: one line with the call, then what it does and each option. */
  readonly usage: string;
  readonly options: Named;
}

/**
 * Reads the arguments of an operator's command. `--help` prints the usage and ends with 0; an argument that is unknown, or
 * lacks its value, ends with 2 and is named.
 */
export function readCommandLine<const Named extends Options>({ usage, options }: CommandLine<Named>): Arguments<Named> {
  try {
    const named: Options = { ...options, help: { type: 'boolean', short: 'h' } };
    const found = parseArgs({ options: named, allowPositionals: true });
    if (found.values['help'] !== true) return found as Arguments<Named>;
  } catch (error) {
    // What node:util says after the first sentence is for those who wrote the command.
    refuse((error as Error).message.split(/\. |\n/)[0] ?? '', usage);
  }
  process.stdout.write(usage);
  process.exit(0);
}

/** Ends a command that was called wrongly: says why, then how it is called. */
export function refuse(reason: string, usage: string): never {
  process.stderr.write(`${reason}\n\n${usage}`);
  process.exit(REFUSED);
}

/** Progress on the way of errors: one line that moves on a terminal, elsewhere nothing. */
export function showProgress({ done, total }: { readonly done: number; readonly total: number }): void {
  if (!process.stderr.isTTY || total === 0) return;
  const cells = Math.min(BAR_CELLS, Math.floor((done / total) * BAR_CELLS));
  const end = done >= total ? '\n' : '';
  process.stderr.write(`\r[${'#'.repeat(cells)}${'.'.repeat(BAR_CELLS - cells)}] ${done} of ${total}${end}`);
}
