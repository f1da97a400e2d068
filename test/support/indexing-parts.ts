import { randomBytes, randomUUID } from 'node:crypto';
import { AuditTrail } from '../../src/audit/audit-trail.ts';
import { DomainEvents } from '../../src/changes/domain-events.ts';
import { IndexingConfig } from '../../src/config/indexing.config.ts';
import { DocumentExtractor } from '../../src/indexing/extraction/document-extractor.ts';
import { DocumentIngestion } from '../../src/indexing/ingestion/document-ingestion.ts';
import { DownloadFolder } from '../../src/indexing/ingestion/download-folder.ts';
import { IndexFileJob } from '../../src/indexing/ingestion/index-file.job.ts';
import { IngestionRecords } from '../../src/indexing/ingestion/ingestion-records.ts';
import { RequestedDocuments } from '../../src/indexing/ingestion/requested-documents.ts';
import { DocumentDiscovery } from '../../src/indexing/scanning/document-discovery.ts';
import { PendingDocuments } from '../../src/indexing/scanning/pending-documents.ts';
import { IndexRulesService } from '../../src/indexing/rules/index-rules.service.ts';
import { ScanReconciliation } from '../../src/indexing/scanning/scan-reconciliation.ts';
import { ScanCounters } from '../../src/indexing/scanning/scan-counters.ts';
import { ScanPlanner } from '../../src/indexing/scanning/scan-planner.ts';
import { ScanJob } from '../../src/indexing/scanning/scan.job.ts';
import { StoredScanRequests } from '../../src/indexing/scanning/stored-scan-requests.ts';
import { DocumentRemoval } from '../../src/indexing/sources/document-removal.ts';
import { IndexStateService } from '../../src/indexing/index-state/index-state.service.ts';
import type { DocumentSource } from '../../src/indexing/sources/document-source.port.ts';
import { DocumentSources } from '../../src/indexing/sources/document-sources.ts';
import { openText, type StoredText } from '../../src/indexing/sources/passage-text.ts';
import type { JobContext } from '../../src/jobs/job-handler.port.ts';
import type { Database } from '../../src/persistence/database.ts';
import { KeyRing } from '../../src/secrets/key-ring.ts';
import { Sealer } from '../../src/secrets/sealer.ts';
import { MEMORY } from './memory-source.ts';

/** Seals what the parts store; the same in each process of a test, which share a database. */
export const SEALER = new Sealer(new KeyRing(`k1:${Buffer.alloc(32, 7).toString('base64')}`));

type Nullable<Row> = { readonly [Name in keyof Row]: Row[Name] | null };

/** The rooms of indexing put together by hand, over sources of the test's choice. */
export interface IndexingParts {
  readonly scanJob: ScanJob;
  readonly indexFileJob: IndexFileJob;
  readonly rules: IndexRulesService;
  readonly indexStates: IndexStateService;
  readonly extractor: DocumentExtractor;
  readonly folder: DownloadFolder;
}

/** What the parts stand on. */
export interface IndexingGround {
  readonly database: Database;
  readonly sources: readonly DocumentSource[];
  readonly dataDir: string;
  /** In place of what the sources say. */
  readonly watchDirectories?: readonly string[];
  readonly indexing?: Partial<IndexingConfig>;
  readonly extractor?: DocumentExtractor;
}

/** Puts the parts together as the module does. */
export function indexingParts(ground: IndexingGround): IndexingParts {
  const { database, dataDir, watchDirectories } = ground;
  const sources = new DocumentSources(ground.sources.map((source) => watching(source, watchDirectories)));
  const config = Object.assign(new IndexingConfig(), ground.indexing);
  const audit = new AuditTrail(database, new KeyRing(`k1:${randomBytes(32).toString('base64')}`));
  const extractor = ground.extractor ?? new DocumentExtractor({ processCount: config.extractionProcesses });
  const folder = new DownloadFolder(dataDir);
  const removal = new DocumentRemoval(new DomainEvents());
  const ingestion = new DocumentIngestion(new IngestionRecords(database, audit, removal), extractor, folder, SEALER);
  const rules = new IndexRulesService(database, audit, new StoredScanRequests(database), sources, config);
  return {
    scanJob: new ScanJob(
      sources,
      new ScanPlanner(database, rules, config),
      new DocumentDiscovery(database),
      new ScanReconciliation(database, removal),
      new PendingDocuments(database, ingestion, config),
      new ScanCounters(database),
    ),
    indexFileJob: new IndexFileJob(sources, new RequestedDocuments(database), ingestion, rules),
    rules,
    indexStates: new IndexStateService(database, rules, sources),
    extractor,
    folder,
  };
}

function watching(source: DocumentSource, watchDirectories = source.watchDirectories): DocumentSource {
  return {
    kind: source.kind,
    watchDirectories,
    openSession: (userId) => source.openSession(userId),
    usersWithSource: () => source.usersWithSource(),
  };
}

/** A job about a source of a user, by default the one in memory, as the runner would hand it over. */
export function jobContext(userId: string, more: Partial<JobContext> = {}): JobContext {
  return {
    jobId: randomUUID(),
    userId,
    signal: new AbortController().signal,
    counters: {},
    isLong: true,
    isTurnOver: () => Promise.resolve(false),
    report: () => Promise.resolve(),
    ...more,
    parameters: { source: MEMORY, ...more.parameters },
  };
}

/** A user without a password. */
export async function insertUser(database: Database, id: string = randomUUID()): Promise<string> {
  await database.read((em) =>
    em.execute(`insert into users (id, email, hashed_password) values (?, ?, '-')`, [id, `${id}@clinic.example`]),
  );
  return id;
}

/** Everything that answers come from, in a form that two runs can be compared by. */
export async function chunkSet(database: Database, userId: string): Promise<string[]> {
  const [rows, seal] = await database.read(
    async (em) =>
      [
        await em.execute<({ line: string } & Nullable<StoredText>)[]>(
          `select concat_ws(' ', d.path, d.state, d.user_id, c.position, c.id) as line, c.id as "chunkId", c.text,
             c.is_sealed as "isSealed"
           from documents d left join chunks c on c.document_id = d.id and c.revision_id = d.revision_id
           where d.user_id = ? order by d.path, c.position`,
          [userId],
        ),
        await SEALER.of(em, userId),
      ] as const,
  );
  return rows.map(({ line, chunkId, text, isSealed }) =>
    chunkId === null || text === null
      ? line
      : `${line} ${openText(seal, { chunkId, text, isSealed: isSealed === true })}`,
  );
}
