import { Injectable } from '@nestjs/common';
import { TaskHandler } from '../../jobs/task-handler.port.ts';
import { Tasks } from '../../jobs/tasks.ts';
import { Database } from '../../persistence/database.ts';
import { Sealer } from '../../secrets/sealer.ts';
import { passageField } from '../sources/passage-text.ts';

const EVERY_SECONDS = 3600;
const ROWS_PER_TRANSACTION = 200;

interface PlainRow {
  readonly id: string;
  readonly userId: string;
  readonly text: string;
}

/** Seals the text of passages that a version before 20261201180000 has stored in the clear. */
@Injectable()
export class SealPassages extends TaskHandler {
  override readonly kind = 'seal-passages';
  override readonly concurrency = 1;
  override readonly everySeconds = EVERY_SECONDS;

  constructor(
    private readonly database: Database,
    private readonly sealer: Sealer,
    tasks: Tasks,
  ) {
    super();
    tasks.register(this);
  }

  override async run(): Promise<void> {
    while ((await this.#sealSome()) > 0);
  }

  /** @returns how many */
  #sealSome(): Promise<number> {
    return this.database.transaction(async (em) => {
      const rows = await em.execute<PlainRow[]>(
        `select id, user_id as "userId", text from chunks
         where user_id = (select user_id from chunks where not is_sealed limit 1) and not is_sealed
         limit ? for update skip locked`,
        [ROWS_PER_TRANSACTION],
      );
      const [first] = rows;
      if (first === undefined) return 0;
      // All of one user.
      const seal = await this.sealer.of(em, first.userId);
      for (const { id, text } of rows) {
        const sealed = seal.seal(text, passageField(id));
        await em.execute('update chunks set text = ?, is_sealed = true where id = ?', [sealed, id]);
      }
      return rows.length;
    });
  }
}
