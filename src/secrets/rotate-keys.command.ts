import { AuditTrail } from '../audit/audit-trail.ts';
import { readCommandLine, refuse, REFUSED, showProgress } from '../command-line.ts';
import { commandEnvironment, runCommand } from '../command.ts';
import { rotateSigningKey } from '../config/signing-key-rotation.ts';
import { KeyRing } from './key-ring.ts';
import { SealingRotation, type KeyUse } from './sealing-rotation.ts';

const USAGE = `Usage: npm run keys:rotate -- signing | sealing
signing  makes the next key of access tokens (JWT_KEYS)
sealing  wraps the keys of all users with the first key of SECRETS_KEYS; can be cut off and run again
`;

const { positionals } = readCommandLine({ usage: USAGE, options: {} });
const [kind, unknown] = positionals;
if (kind !== 'signing' && kind !== 'sealing') {
  refuse(kind === undefined ? 'Which keys: signing or sealing?' : `Unknown argument '${kind}'`, USAGE);
}
if (unknown !== undefined) refuse(`Unknown argument '${unknown}'`, USAGE);
if (kind === 'signing') {
  printSigning();
} else {
  await rotateSealing();
}

/** Opens no database: the keys of access tokens are configuration. */
function printSigning(): void {
  try {
    const rotation = rotateSigningKey(commandEnvironment());
    if (rotation.kind === 'stored') {
      print(`The data folder has a new signing key, ${rotation.kid}. Restart the server; nobody is logged out.`);
      return;
    }
    print(`${rotation.line}\n`);
    print(
      `Nothing was changed. Put this line where your secrets are kept, in every process, and restart them one by one.`,
    );
    print(`With several processes let all of them know ${rotation.kid} before one signs with it: list it last first.`);
    print(
      'Tokens of the older keys hold until they expire, within ACCESS_TOKEN_EXPIRE_MINUTES; then drop their entries.',
    );
    if (rotation.keepsJwtSecret) print('JWT_SECRET goes on verifying beside JWT_KEYS; remove it then as well.');
    print('A key that somebody has stolen: drop its entry at once. Clients refresh, and nobody is logged out.');
  } catch (error) {
    process.stderr.write(`${String(error)}\n`);
    process.exitCode = 1;
  }
}

function rotateSealing(): Promise<never> {
  return runCommand(async (app) => {
    const rotation = app.get(SealingRotation, { strict: false });
    const { currentId } = app.get(KeyRing, { strict: false });
    const count = await rotation.rewrapAll(showProgress);
    if (count > 0) {
      await app.get(AuditTrail, { strict: false }).record({
        actorId: null,
        action: 'key.rotate',
        outcome: 'success',
        targetType: 'sealing-key',
        targetId: currentId,
        details: { count },
      });
    }
    print(`Wrapped anew: ${count}.`);
    return printUses(await rotation.uses(), currentId);
  });
}

/** @returns the exit code: 0 when every key of a user is on the current key */
function printUses(uses: readonly KeyUse[], currentId: string): number {
  for (const { keyId, userKeys, hasSignedAudit } of uses) {
    const audit = hasSignedAudit ? ', and has signed rows of the audit trail' : '';
    print(`${keyId}${keyId === currentId ? ' (current)' : ''}: wraps the keys of ${userKeys} users${audit}.`);
    if (keyId !== currentId) print(`  ${adviceFor({ keyId, userKeys, hasSignedAudit })}`);
  }
  return uses.some(({ keyId, userKeys }) => keyId !== currentId && userKeys > 0) ? REFUSED : 0;
}

function adviceFor({ keyId, userKeys, hasSignedAudit }: KeyUse): string {
  if (userKeys > 0)
    return `Keep ${keyId}: run this again. What stays is held by another run, or no key of the ring opens it.`;
  if (!hasSignedAudit) return `${keyId} may be removed from SECRETS_KEYS once no process seals with it any more.`;
  return `Mark it ${keyId}:<key>:verify in SECRETS_KEYS: it opens nothing any more and still proves the audit trail. Without it the rows it has signed cannot be checked.`;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
