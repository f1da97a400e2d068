import { Injectable } from '@nestjs/common';
import { Database } from '../../persistence/database.ts';
import { DomainError, isDomainError } from '../../problem/domain-error.ts';
import { findDocuments, type DocumentView } from '../documents/document-view.ts';
import { ClosedFolders } from '../rules/closed-folders.ts';
import type { Exclusion, RuleBook } from '../rules/index-rules.ts';
import { IndexRulesService } from '../rules/index-rules.service.ts';
import type { SourceEntry, SourceSession } from '../sources/document-source.port.ts';
import type { UserSource } from '../sources/document-source.types.ts';
import { DocumentSources } from '../sources/document-sources.ts';
import { findDocumentType } from '../sources/document-type.ts';
import { findPathFault, normalPath } from '../sources/source-path.ts';

const LONGEST_LOOK_MS = 30_000;

/** Where a file of the account stands; `excluded` and `unsupported` are files that no scan takes up. */
export type FileState = 'indexed' | 'pending' | 'no_text_layer' | 'too_large' | 'failed' | 'excluded' | 'unsupported';

/** Why a file is in the index or is not. */
export interface FileStanding {
  readonly path: string;
  readonly state: FileState;
  /** Code of what went wrong with the file; null when nothing did. */
  readonly reason: string | null;
  /** The rule that keeps it out, or will do so with the next scan; null when none does. */
  readonly rule: Exclusion | null;
  /** What is known of the document; null for a file that no scan has taken up. */
  readonly document: DocumentView | null;
  /** When a scan saw it last; null for a file that no scan has taken up. */
  readonly lastSeenAt: Date | null;
}

/** Explains any file of a source: what scans know of it, else what the source and the rules say now. */
@Injectable()
export class IndexStateService {
  constructor(
    private readonly database: Database,
    private readonly rules: IndexRulesService,
    private readonly sources: DocumentSources,
  ) {}

  /**
   * Looks into the account, under the user's own credential, only for files that are not known.
   *
   * @throws DomainError `not-found` for what is not in the account of this user; `not-a-file`, `validation-failed`, and
   *   what reading the account throws
   */
  async explain(owner: UserSource, path: string): Promise<FileStanding> {
    const wanted = normalPath(path);
    const fault = findPathFault(wanted);
    if (fault !== null) throw new DomainError('validation-failed', { errors: [{ parameter: 'path', detail: fault }] });
    const book = await this.rules.bookOf(owner);
    const known = await this.#findKnown(owner, wanted);
    if (known !== null) return { ...known, rule: book.evaluate(wanted, known.document.isRequested) };
    return this.#lookUp(owner, wanted, book);
  }

  async #findKnown(
    { userId, source }: UserSource,
    path: string,
  ): Promise<(FileStanding & { readonly document: DocumentView }) | null> {
    return this.database.read(async (em) => {
      const [document] = await findDocuments(em, userId, { source, path, limit: 1 });
      if (document === undefined || document.state === 'removed') return null;
      const [scan] = await em.execute<{ at: string | null }[]>(
        'select scanned_at as at from scan_states where user_id = ? and source = ?',
        [userId, source],
      );
      const lastSeenAt = scan?.at ? new Date(scan.at) : null;
      return { path, state: document.state, reason: document.reason, rule: null, document, lastSeenAt };
    });
  }

  async #lookUp({ userId, source }: UserSource, path: string, book: RuleBook): Promise<FileStanding> {
    const session = await this.sources.of(source).openSession(userId);
    const signal = AbortSignal.timeout(LONGEST_LOOK_MS);
    const entry = await statOrNotFound(session, path, signal);
    if (entry.isFolder) throw new DomainError('not-a-file');
    const standing = { path, reason: null, rule: null, document: null, lastSeenAt: null };
    const rule = await findRule(session, { path, book, signal });
    if (rule !== null) return { ...standing, state: 'excluded', rule };
    if (findDocumentType(path) === undefined) return { ...standing, state: 'unsupported', reason: 'unsupported-type' };
    if (entry.size > book.maxFileBytes) return { ...standing, state: 'too_large', reason: 'too-large' };
    return { ...standing, state: 'pending' };
  }
}

async function findRule(
  session: SourceSession,
  { path, book, signal }: { path: string; book: RuleBook; signal: AbortSignal },
): Promise<Exclusion | null> {
  const root = book.findRoot(path);
  if (root === undefined) return 'outside-watch-directories';
  const closed = await new ClosedFolders(session).findClosedFolder(path, { root, signal });
  return closed === null ? book.evaluate(path) : `noindex:${closed}`;
}

async function statOrNotFound(session: SourceSession, path: string, signal: AbortSignal): Promise<SourceEntry> {
  try {
    return await session.stat(path, signal);
  } catch (error) {
    // Not there and not yours are the same to whoever asks.
    if (isDomainError(error, 'file-not-found')) throw new DomainError('not-found', { cause: error });
    throw error;
  }
}
