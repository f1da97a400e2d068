import { Injectable } from '@nestjs/common';
import { Database } from '../../persistence/database.ts';
import { isDomainError } from '../../problem/domain-error.ts';
import type { SourceEntry, SourceSession } from '../sources/document-source.port.ts';
import type { UserSource } from '../sources/document-source.types.ts';
import { DocumentSources } from '../sources/document-sources.ts';
import { findDocumentType } from '../sources/document-type.ts';
import { isBelowAny, prefixOf } from '../sources/source-path.ts';
import { findClosedFolder, type RuleBook } from './index-rules.ts';
import { IndexRulesService, type ChosenRules } from './index-rules.service.ts';

const MAX_ENTRIES = 20_000;
const MAX_DOCUMENTS = 50_000;
const MAX_SAMPLES = 20;
const LONGEST_MS = 20_000;

/** Some of what there is, and how much. */
export interface Sample {
  readonly count: number;
  readonly sample: readonly string[];
}

/** What rules would change. */
export interface RulesPreview {
  readonly newlyIndexed: Sample;
  readonly noLongerIndexed: Sample;
  readonly unchangedCount: number;
  readonly entryCount: number;
  readonly missingRoots: readonly string[];
  readonly isComplete: boolean;
}

interface KnownDocument {
  readonly path: string;
  readonly fileId: string;
  readonly size: string;
  readonly isRequested: boolean;
}

/** What was seen in the account; whoever gives it up half-way leaves `isComplete` false. */
interface Look {
  readonly files: SourceEntry[];
  readonly closedPrefixes: Set<string>;
  readonly missingRoots: string[];
  entryCount: number;
  isComplete: boolean;
}

/** Shows what rules would do, by one bounded look at the source. Writes nothing. */
@Injectable()
export class RulesPreviewService {
  constructor(
    private readonly database: Database,
    private readonly rules: IndexRulesService,
    private readonly sources: DocumentSources,
  ) {}

  /** @throws DomainError `validation-failed`, and what reading the account throws */
  async preview(owner: UserSource, chosen: ChosenRules): Promise<RulesPreview> {
    const book = this.rules.bookOfChosen(owner.source, chosen);
    const look = await lookAt(await this.sources.of(owner.source).openSession(owner.userId), book);
    const known = await this.#knownDocuments(owner);
    const isWanted = (path: string, isRequested: boolean): boolean =>
      book.evaluate(path, isRequested) === null && !isBelowAny(path, look.closedPrefixes);
    const knownIds = new Set(known.map(({ fileId }) => fileId));
    const newPaths = look.files.filter(({ path, fileId }) => !knownIds.has(fileId) && isWanted(path, false));
    const leaving = known.filter(
      ({ path, size, isRequested }) => Number(size) > book.maxFileBytes || !isWanted(path, isRequested),
    );
    return {
      newlyIndexed: sampleOf(newPaths),
      noLongerIndexed: sampleOf(leaving),
      unchangedCount: known.length - leaving.length,
      entryCount: look.entryCount,
      missingRoots: look.missingRoots,
      isComplete: look.isComplete && known.length < MAX_DOCUMENTS,
    };
  }

  #knownDocuments({ userId, source }: UserSource): Promise<KnownDocument[]> {
    return this.database.read((em) =>
      em.execute<KnownDocument[]>(
        `select path, file_id as "fileId", seen_size as size, is_requested as "isRequested" from documents
         where user_id = ? and source = ? and state not in ('removed', 'too_large') order by id limit ?`,
        [userId, source, MAX_DOCUMENTS],
      ),
    );
  }
}

async function lookAt(session: SourceSession, book: RuleBook): Promise<Look> {
  const enough = new AbortController();
  const signal = AbortSignal.any([enough.signal, AbortSignal.timeout(LONGEST_MS)]);
  const look: Look = { files: [], closedPrefixes: new Set(), missingRoots: [], entryCount: 0, isComplete: true };
  for (const root of book.roots) {
    try {
      await walk(session.walk(root, signal), (entry) => {
        take(look, entry, book);
        if (look.entryCount >= MAX_ENTRIES) enough.abort();
      });
    } catch (error) {
      if (signal.aborted) break;
      if (!isDomainError(error, 'file-not-found', 'not-a-folder')) throw error;
      look.missingRoots.push(root);
    }
  }
  return signal.aborted ? { ...look, isComplete: false } : look;
}

async function walk(entries: AsyncIterable<SourceEntry>, visit: (entry: SourceEntry) => void): Promise<void> {
  for await (const entry of entries) visit(entry);
}

function take(look: Look, entry: SourceEntry, book: RuleBook): void {
  look.entryCount += 1;
  // A walk does not show what is in such a folder.
  if (entry.isFolder && entry.isUnscanned) look.isComplete = false;
  if (entry.isFolder) return;
  const closed = findClosedFolder(entry.path);
  if (closed !== undefined) look.closedPrefixes.add(prefixOf(closed));
  if (findDocumentType(entry.path) !== undefined && entry.size <= book.maxFileBytes) look.files.push(entry);
}

function sampleOf(files: readonly { readonly path: string }[]): Sample {
  const paths = files.map(({ path }) => path).toSorted();
  return { count: paths.length, sample: paths.slice(0, MAX_SAMPLES) };
}
