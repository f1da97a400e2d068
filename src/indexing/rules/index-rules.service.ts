import { Injectable } from '@nestjs/common';
import { AuditTrail } from '../../audit/audit-trail.ts';
import { IndexingConfig } from '../../config/indexing.config.ts';
import { Database } from '../../persistence/database.ts';
import { DomainError } from '../../problem/domain-error.ts';
import type { UserSource } from '../sources/document-source.types.ts';
import { DocumentSources } from '../sources/document-sources.ts';
import { ScanRequests } from '../sources/scan-requests.port.ts';
import { findPathFault, normalPath } from '../sources/source-path.ts';
import { StoredIndexRules } from './index-rules.entity.ts';
import { RuleBook, type IndexRules } from './index-rules.ts';
import { findGlobFault } from './path-glob.ts';

const BYTES_PER_MB = 1024 * 1024;

/** What a user has chosen; null leaves a rule to the operator. */
export interface ChosenRules {
  readonly watchDirectories: readonly string[] | null;
  readonly include: readonly string[] | null;
  readonly exclude: readonly string[] | null;
  /** Only ever narrows the limit of the operator. */
  readonly maxFileMb: number | null;
}

/** The rules of a user for one source, as they are kept. */
export interface KeptRules {
  readonly chosen: ChosenRules;
  /** What follows from them and the operator's together. */
  readonly effective: IndexRules;
  /** 0 while the user has chosen nothing. */
  readonly version: number;
}

interface FieldError {
  readonly pointer: string;
  readonly detail: string;
}

const NOTHING_CHOSEN: ChosenRules = { watchDirectories: null, include: null, exclude: null, maxFileMb: null };

/** Which files of a source are indexed: the operator's rules, and the user's in place of them. */
@Injectable()
export class IndexRulesService {
  readonly #defaults: Omit<IndexRules, 'watchDirectories'>;

  constructor(
    private readonly database: Database,
    private readonly audit: AuditTrail,
    private readonly scans: ScanRequests,
    private readonly sources: DocumentSources,
    indexing: IndexingConfig,
  ) {
    this.#defaults = {
      include: indexing.include,
      exclude: indexing.exclude,
      maxFileBytes: indexing.maxFileMb * BYTES_PER_MB,
    };
  }

  async get({ userId, source }: UserSource): Promise<KeptRules> {
    const stored = await this.database.read((em) => em.findOne(StoredIndexRules, { userId, source }));
    if (stored === null) return this.#kept(source, NOTHING_CHOSEN, 0);
    const { watchDirectories, include, exclude, maxFileMb, version } = stored;
    const chosen = {
      watchDirectories: watchDirectories ?? null,
      include: include ?? null,
      exclude: exclude ?? null,
      maxFileMb: maxFileMb ?? null,
    };
    return this.#kept(source, chosen, version);
  }

  /** The rules that scans of a user's source follow now. */
  async bookOf(owner: UserSource): Promise<RuleBook> {
    return new RuleBook((await this.get(owner)).effective);
  }

  /**
   * The rules that would hold in a source if a user chose these.
   *
   * @throws DomainError `validation-failed`
   */
  bookOfChosen(source: string, chosen: ChosenRules): RuleBook {
    return new RuleBook(this.#effective(source, checked(chosen)));
  }

  /**
   * Replaces what a user has chosen and asks for a scan, which then judges every file again.
   *
   * @param version the one that is replaced
   * @throws DomainError `validation-failed`; `etag-mismatch` when the rules have another version now
   */
  async put(owner: UserSource, chosen: ChosenRules, version: number): Promise<KeptRules> {
    const { userId, source } = owner;
    const { watchDirectories, include, exclude, maxFileMb } = checked(chosen);
    await this.database.transaction(async (em) => {
      const rows = await em.execute<unknown[]>(
        `insert into index_rules as r (user_id, source, watch_directories, include, exclude, max_file_mb, version)
         select ?::uuid, ?::text, ?::jsonb, ?::jsonb, ?::jsonb, ?::int, 1 where ?::int = 0
           or exists (select 1 from index_rules where user_id = ?::uuid and source = ?)
         on conflict (user_id, source) do update set watch_directories = excluded.watch_directories,
           include = excluded.include, exclude = excluded.exclude, max_file_mb = excluded.max_file_mb,
           version = r.version + 1, updated_at = now()
           where r.version = ?
         returning version`,
        [
          userId,
          source,
          json(watchDirectories),
          json(include),
          json(exclude),
          maxFileMb,
          version,
          userId,
          source,
          version,
        ],
      );
      if (rows.length === 0) throw new DomainError('etag-mismatch');
      await this.audit.append(em, {
        actorId: userId,
        action: 'index-rules.change',
        outcome: 'success',
        targetType: 'index-rules',
        details: { version: version + 1 },
      });
    });
    await this.scans.trigger(owner);
    return this.get(owner);
  }

  #kept(source: string, chosen: ChosenRules, version: number): KeptRules {
    return { chosen, effective: this.#effective(source, chosen), version };
  }

  #effective(source: string, { watchDirectories, include, exclude, maxFileMb }: ChosenRules): IndexRules {
    const maxFileBytes = this.#defaults.maxFileBytes;
    return {
      watchDirectories: watchDirectories ?? this.sources.of(source).watchDirectories,
      include: include ?? this.#defaults.include,
      exclude: exclude ?? this.#defaults.exclude,
      maxFileBytes: maxFileMb === null ? maxFileBytes : Math.min(maxFileBytes, maxFileMb * BYTES_PER_MB),
    };
  }
}

/** @throws DomainError `validation-failed` that names each fault */
function checked(chosen: ChosenRules): ChosenRules {
  const watchDirectories = chosen.watchDirectories?.map(normalPath) ?? null;
  const errors = [
    ...faults(watchDirectories, 'watch_directories', (path) => (path === '/' ? null : findPathFault(path))),
    ...faults(chosen.include, 'include', findGlobFault),
    ...faults(chosen.exclude, 'exclude', findGlobFault),
  ];
  if (errors.length > 0) throw new DomainError('validation-failed', { errors });
  return { ...chosen, watchDirectories };
}

function faults(
  values: readonly string[] | null,
  field: string,
  find: (value: string) => string | null,
): readonly FieldError[] {
  return (values ?? []).flatMap((value, place) => {
    const detail = find(value);
    return detail === null ? [] : [{ pointer: `/${field}/${place}`, detail }];
  });
}

function json(value: readonly string[] | null): string | null {
  return value === null ? null : JSON.stringify(value);
}
