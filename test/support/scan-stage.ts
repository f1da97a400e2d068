import { randomUUID } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import type { IndexingConfig } from '../../src/config/indexing.config.ts';
import { DocumentExtractor } from '../../src/indexing/extraction/document-extractor.ts';
import type { FileStanding } from '../../src/indexing/index-state/index-state.service.ts';
import type { ChosenRules } from '../../src/indexing/rules/index-rules.service.ts';
import type { UserSource } from '../../src/indexing/sources/document-source.types.ts';
import { openText, type StoredText } from '../../src/indexing/sources/passage-text.ts';
import type { JobContext } from '../../src/jobs/job-handler.port.ts';
import type { JobCounters } from '../../src/jobs/job.entity.ts';
import type { Database } from '../../src/persistence/database.ts';
import { migrate } from '../../src/persistence/migrate.ts';
import type { OpenDatabase } from '../../src/persistence/open-database.ts';
import { EMBEDDED_TEMPLATE } from './database-template.ts';
import { indexingParts, insertUser, jobContext, SEALER } from './indexing-parts.ts';
import { MemorySource } from './memory-source.ts';
import { openTestDatabase } from './open-test-database.ts';

/** A user, a source in memory and a way to scan it. */
export interface Stage {
  readonly userId: string;
  readonly source: MemorySource;
  scan(more?: Partial<JobContext>): Promise<JobCounters>;
  indexFile(parameters: Record<string, string>): Promise<JobCounters>;
  /** Chooses rules in place of all former ones, of the present version or the one given. */
  choose(chosen: Partial<ChosenRules>, version?: number): Promise<void>;
  /** Why a file of the source is or is not indexed. */
  explain(path: string): Promise<FileStanding>;
  /** `path` to what is known of each document of the source that is not removed. */
  documents(): Promise<Record<string, StagedDocument>>;
}

/** What is known of a document. */
export interface StagedDocument {
  readonly id: string;
  readonly state: string;
  readonly reason: string | null;
  readonly attempts: number;
  readonly title: string | null;
  readonly sourceType: string;
  readonly text: string | null;
}

/** How a stage differs from the default. */
export interface StageOptions {
  readonly watchDirectories?: readonly string[];
  readonly indexing?: Partial<IndexingConfig>;
  readonly extractor?: DocumentExtractor;
  readonly database?: Database;
  /** The user, and the source unless another is given, are those of this stage. */
  readonly of?: Stage;
  /** All sources that there are; the first is the one of the stage. */
  readonly sources?: readonly [MemorySource, ...MemorySource[]];
}

/** The embedded database and the extractor that all stages of a test file share. */
export class StageHouse {
  readonly dataDir = mkdtempSync(join(tmpdir(), 'voiceassist-scan-'));
  readonly extractor = new DocumentExtractor({ processCount: 2 });

  private constructor(readonly open: OpenDatabase) {}

  static async build(): Promise<StageHouse> {
    // Failures are what these tests make happen.
    Logger.overrideLogger(false);
    const open = await openTestDatabase({
      url: undefined,
      dataFolder: 'memory://',
      template: EMBEDDED_TEMPLATE,
      poolSize: 1,
      statementTimeoutMs: 30_000,
    });
    await migrate(open);
    return new StageHouse(open);
  }

  async close(): Promise<void> {
    this.extractor.close();
    await this.open.close();
    rmSync(this.dataDir, { recursive: true, force: true });
  }

  /** Files that lie in the folder of downloads now. */
  downloads(): string[] {
    return readdirSync(this.dataDir, { recursive: true, withFileTypes: true })
      .filter((each) => each.isFile())
      .map(({ name }) => name);
  }

  async stage(options: StageOptions = {}): Promise<Stage> {
    const { of, sources = [of?.source ?? new MemorySource()], ...ground } = options;
    const { database } = this.open;
    const userId = of?.userId ?? (await insertUser(database));
    const [source] = sources;
    const owner = { userId, source: source.kind };
    const parts = indexingParts({ database, extractor: this.extractor, dataDir: this.dataDir, sources, ...ground });
    const context = (more: Partial<JobContext>): JobContext =>
      jobContext(userId, { ...more, parameters: { source: source.kind, ...more.parameters } });
    return {
      userId,
      source,
      scan: (more = {}) => parts.scanJob.run(context(more)),
      indexFile: (parameters) => parts.indexFileJob.run(context({ jobId: randomUUID(), parameters })),
      explain: (path) => parts.indexStates.explain(owner, path),
      choose: async (chosen, version) => {
        const none = { watchDirectories: null, include: null, exclude: null, maxFileMb: null };
        const present = await parts.rules.get(owner);
        await parts.rules.put(owner, { ...none, ...chosen }, version ?? present.version);
      },
      documents: () => documentsOf(database, owner),
    };
  }
}

async function documentsOf(
  database: Database,
  { userId, source }: UserSource,
): Promise<Record<string, StagedDocument>> {
  const [rows, seal] = await database.read(
    async (em) =>
      [
        await em.execute<(Omit<StagedDocument, 'text'> & { path: string; chunks: StoredText[] | null })[]>(
          `select d.path, d.id, d.state, d.state_reason as reason, d.attempts, d.title, d.source_type as "sourceType",
             (select jsonb_agg(jsonb_build_object('chunkId', c.id, 'text', c.text, 'isSealed', c.is_sealed) order by c.position)
              from chunks c where c.document_id = d.id) as chunks
           from documents d where d.user_id = ? and d.source = ? and d.state <> 'removed' order by d.path`,
          [userId, source],
        ),
        await SEALER.of(em, userId),
      ] as const,
  );
  return Object.fromEntries(
    rows.map(({ path, chunks, ...document }) => [
      path,
      { ...document, text: chunks?.map((chunk) => openText(seal, chunk)).join(' | ') ?? null },
    ]),
  );
}
