import { runCommand } from '../command.ts';
import { AuditInspection } from './audit-inspection.ts';

/** `npm run audit:verify`: 0 when the trail is intact, 2 when it is not, 1 when it cannot be read. */
const NOT_INTACT = 2;

await runCommand(async (app) => {
  const { isIntact, checked, fault } = await app.get(AuditInspection, { strict: false }).verify(null);
  if (isIntact) {
    process.stdout.write(`The audit trail is intact: ${checked} events checked.\n`);
    return 0;
  }
  const reason = fault === undefined ? '' : `: event ${fault.firstBadSequence} (${fault.reason})`;
  process.stdout.write(`The audit trail is NOT intact${reason}; ${checked} events before it are right.\n`);
  return NOT_INTACT;
});
