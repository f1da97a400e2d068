import { readCommandLine, refuse, REFUSED, showProgress } from '../command-line.ts';
import { runCommand } from '../command.ts';
import { AuditInspection } from './audit-inspection.ts';

const USAGE = `Usage: npm run audit:verify -- [--json]
Walks the audit trail and tells the first event that was changed, inserted, removed or moved.
--json  prints the result as JSON
Ends with 0 when the trail is intact, with 2 when it is not, with 1 when it cannot be read.
`;

const { values: flags, positionals } = readCommandLine({ usage: USAGE, options: { json: { type: 'boolean' } } });
if (positionals.length > 0) refuse(`Unknown argument '${positionals[0] ?? ''}'`, USAGE);

await runCommand(async (app) => {
  const inspection = app.get(AuditInspection, { strict: false });
  const { isIntact, checked, fault } = await inspection.verify(null, { onProgress: showProgress });
  if (flags.json === true) {
    const found = fault && { first_bad_sequence: fault.firstBadSequence, reason: fault.reason };
    process.stdout.write(`${JSON.stringify({ is_intact: isIntact, checked, ...found })}\n`);
  } else if (isIntact) {
    process.stdout.write(`The audit trail is intact: ${checked} events checked.\n`);
  } else {
    const reason = fault === undefined ? '' : `: event ${fault.firstBadSequence} (${fault.reason})`;
    process.stdout.write(`The audit trail is NOT intact${reason}; ${checked} events before it are right.\n`);
  }
  return isIntact ? 0 : REFUSED;
});
