import { runCommand } from '../../command.ts';
import { Database } from '../../persistence/database.ts';
import { UsersRepository } from '../../users/users.repository.ts';
import type { CheckResult } from './check.types.ts';
import { DoctorService } from './doctor.service.ts';
import { ServerDoctor } from './server-doctor.ts';
import type { ExaminationDepth } from './server-snapshot.ts';

/** How to examine, and who shows what was found and knows the exit code. */
export interface AccountExamination {
  readonly depth: ExaminationDepth;
  readonly print: (server: readonly CheckResult[], account: readonly CheckResult[]) => number;
}

/** The doctor at the command line, with the account of one user: opens the database and ends the process. */
export async function examineAccountOf(email: string, { depth, print: tell }: AccountExamination): Promise<void> {
  await runCommand(async (app) => {
    const users = app.get(UsersRepository, { strict: false });
    const user = await app.get(Database, { strict: false }).read((em) => users.findByEmail(em, email));
    if (user === null) throw new Error('There is no account with this address.');
    const server = await app.get(ServerDoctor, { strict: false }).examine(depth);
    return tell(server, await app.get(DoctorService, { strict: false }).examineAccount(user.id, server));
  });
}
