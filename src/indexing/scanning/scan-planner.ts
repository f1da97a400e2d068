import { Injectable } from '@nestjs/common';
import { IndexingConfig } from '../../config/indexing.config.ts';
import { Database } from '../../persistence/database.ts';
import type { RuleBook } from '../rules/index-rules.ts';
import { IndexRulesService } from '../rules/index-rules.service.ts';
import type { UserSource } from '../sources/document-source.types.ts';

/** What one scan is about to do. */
export interface ScanPlan {
  readonly book: RuleBook;
  /** True: stored etags count for nothing, every watched folder is read from end to end. */
  readonly isComplete: boolean;
  /** True: known documents are judged again. */
  readonly areRulesNew: boolean;
}

/** Decides how much a scan looks at: what changed, or all there is. */
@Injectable()
export class ScanPlanner {
  readonly #reconcileHours: number;

  constructor(
    private readonly database: Database,
    private readonly rules: IndexRulesService,
    config: IndexingConfig,
  ) {
    this.#reconcileHours = config.reconcileHours;
  }

  async plan(owner: UserSource): Promise<ScanPlan> {
    const book = await this.rules.bookOf(owner);
    const [state] = await this.database.read((em) =>
      em.execute<{ rulesHash: string | null; isDue: boolean }[]>(
        `select rules_hash as "rulesHash", ${RECONCILE_IS_DUE} as "isDue" from scan_states s
         where user_id = ? and source = ?`,
        [this.#reconcileHours, this.#reconcileHours, owner.userId, owner.source],
      ),
    );
    const areRulesNew = state?.rulesHash !== book.hash;
    return { book, areRulesNew, isComplete: areRulesNew || state.isDue };
  }
}

/** SQL over `scan_states s`, with the hours twice as its parameters. */
export const RECONCILE_IS_DUE = `(s.reconciled_at is null
  or (?::int > 0 and s.reconciled_at <= now() - make_interval(hours => ?::int)))`;
