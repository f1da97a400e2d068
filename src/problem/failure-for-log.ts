/** What may be logged of an error: its kind, a machine-readable code and where it happened. */
export interface FailureForLog {
  readonly error?: string;
  readonly errorCode?: string;
  readonly at?: readonly string[];
}

const MAX_FRAMES = 8;

/**
 * The loggable part of an error. Messages are left out: those of the database and of protocol libraries quote
 * statements, addresses, names and credentials.
 */
export function failureForLog(error: unknown): FailureForLog {
  if (!(error instanceof Error)) return {};
  const { code } = error as { code?: unknown };
  const frames = (error.stack ?? '')
    .split('\n')
    .filter((line) => line.startsWith('    at '))
    .slice(0, MAX_FRAMES)
    .map((line) => line.trim().replace(/file:\/\/\S*\/(?=dist|src|node_modules)/, ''));
  return { error: error.name, ...(typeof code === 'string' && { errorCode: code }), at: frames };
}
