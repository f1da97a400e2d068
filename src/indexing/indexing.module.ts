import {
  Global,
  Module,
  type DynamicModule,
  type OnApplicationShutdown,
  type OnModuleInit,
  type Type,
} from '@nestjs/common';
import { IndexingConfig } from '../config/indexing.config.ts';
import { StorageConfig } from '../config/storage.config.ts';
import type { JobHandler } from '../jobs/job-handler.port.ts';
import { JobRunner } from '../jobs/job-runner.ts';
import { DocumentsController } from './documents/documents.controller.ts';
import { DocumentsService } from './documents/documents.service.ts';
import { DocumentExtractor } from './extraction/document-extractor.ts';
import { IndexingController } from './indexing.controller.ts';
import { IndexingLifecycle } from './indexing.lifecycle.ts';
import { IndexingService } from './indexing.service.ts';
import { DocumentIngestion } from './ingestion/document-ingestion.ts';
import { SealPassages } from './ingestion/seal-passages.task.ts';
import { DownloadFolder } from './ingestion/download-folder.ts';
import { IndexFileJob } from './ingestion/index-file.job.ts';
import { IngestionRecords } from './ingestion/ingestion-records.ts';
import { RequestedDocuments } from './ingestion/requested-documents.ts';
import { EmbeddedPassageIndex } from './passage-index/embedded/embedded-passage-index.ts';
import { PassageIndex } from './passage-index/passage-index.port.ts';
import { EvictedOwners } from './retrieval/evicted-owners.ts';
import { IndexSync } from './retrieval/index-sync.ts';
import { KnowledgeController } from './retrieval/knowledge.controller.ts';
import { KnowledgeService } from './retrieval/knowledge.service.ts';
import { RetrievalService } from './retrieval/retrieval.service.ts';
import { DocumentDiscovery } from './scanning/document-discovery.ts';
import { IndexStateService } from './index-state/index-state.service.ts';
import { IndexRulesController } from './rules/index-rules.controller.ts';
import { RulesPreviewService } from './rules/rules-preview.service.ts';
import { IndexRulesService } from './rules/index-rules.service.ts';
import { ChangeHints } from './scanning/change-hints.ts';
import { PendingDocuments } from './scanning/pending-documents.ts';
import { ScanReconciliation } from './scanning/scan-reconciliation.ts';
import { ScanCounters } from './scanning/scan-counters.ts';
import { ScanPlanner } from './scanning/scan-planner.ts';
import { ScanScheduler } from './scanning/scan-scheduler.ts';
import { ScanJob } from './scanning/scan.job.ts';
import { StoredScanRequests } from './scanning/stored-scan-requests.ts';
import { DocumentRemoval } from './sources/document-removal.ts';
import type { DocumentSource } from './sources/document-source.port.ts';
import { DocumentSources } from './sources/document-sources.ts';
import { ScanRequests } from './sources/scan-requests.port.ts';
import { SourceEvents } from './sources/source-events.ts';
import { SourceUnlinkedJob } from './sources/source-unlinked.job.ts';

const MS_PER_SECOND = 1000;
const BYTES_PER_MB = 1024 * 1024;
/** A process is watched by samples: one that grows as fast as it can still ends below the configured bound. */
const RSS_SHARE = 0.78;
const HEAP_SHARE = 0.5;

/**
 * Documents, their text and answers from it. Where documents come from is bound in the composition. Global for the
 * sources, which ask it for scans.
 */
@Global()
@Module({
  controllers: [IndexingController, IndexRulesController, DocumentsController, KnowledgeController],
  providers: [
    { provide: DocumentExtractor, inject: [IndexingConfig], useFactory: extractor },
    { provide: PassageIndex, useFactory: () => new EmbeddedPassageIndex() },
    {
      provide: DownloadFolder,
      inject: [StorageConfig],
      useFactory: (config: StorageConfig) => new DownloadFolder(config.dataDir),
    },
    IndexingLifecycle,
    IndexingService,
    DocumentsService,
    KnowledgeService,
    RetrievalService,
    IndexSync,
    EvictedOwners,
    IndexRulesService,
    RulesPreviewService,
    IndexStateService,
    ScanJob,
    ScanPlanner,
    ScanCounters,
    ScanReconciliation,
    ScanScheduler,
    ChangeHints,
    { provide: ScanRequests, useClass: StoredScanRequests },
    DocumentDiscovery,
    PendingDocuments,
    IndexFileJob,
    RequestedDocuments,
    DocumentIngestion,
    SealPassages,
    IngestionRecords,
    DocumentRemoval,
    SourceEvents,
    SourceUnlinkedJob,
  ],
  exports: [ScanRequests],
})
export class IndexingModule implements OnModuleInit, OnApplicationShutdown {
  readonly #handlers: readonly JobHandler[];

  constructor(
    private readonly lifecycle: IndexingLifecycle,
    private readonly runner: JobRunner,
    scan: ScanJob,
    indexFile: IndexFileJob,
    sourceUnlinked: SourceUnlinkedJob,
  ) {
    this.#handlers = [scan, indexFile, sourceUnlinked];
  }

  /** @param sources where documents come from; the modules of their rooms provide them to all */
  static register(sources: readonly Type<DocumentSource>[]): DynamicModule {
    const useFactory = (...adapters: DocumentSource[]): DocumentSources => new DocumentSources(adapters);
    return { module: IndexingModule, providers: [{ provide: DocumentSources, inject: [...sources], useFactory }] };
  }

  async onModuleInit(): Promise<void> {
    await this.lifecycle.begin();
    for (const handler of this.#handlers) this.runner.register(handler);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.lifecycle.end();
  }
}

function extractor(config: IndexingConfig): DocumentExtractor {
  return new DocumentExtractor({
    processCount: config.extractionProcesses,
    timeoutMs: config.extractionTimeoutSeconds * MS_PER_SECOND,
    maxRssMb: Math.round(config.extractionMemoryMb * RSS_SHARE),
    maxHeapMb: Math.round(config.extractionMemoryMb * HEAP_SHARE),
    maxInputBytes: config.maxFileMb * BYTES_PER_MB,
  });
}
