import { Injectable, Logger } from '@nestjs/common';
import type { Principal } from '../../access/principal.ts';
import type { FileDetails, FileVerb } from '../../audit/audit-actions.ts';
import { AuditTrail } from '../../audit/audit-trail.ts';
import { isDomainError } from '../../problem/domain-error.ts';
import { failureForLog } from '../../problem/failure-for-log.ts';
import { AccountStore } from '../account/account.store.ts';
import type { NextcloudCredential } from '../dav/nextcloud-credential.ts';
import { isClientGone } from './client-content.ts';

/**
 * Something that a user does with files of the linked account, under the user's own credential. It leaves one row in
 * the audit trail when it ends, whatever the end. What hands out or changes content leaves another one before it
 * happens: when that cannot be written, nothing is done.
 */
export class FileOperation {
  readonly credential: NextcloudCredential;
  readonly userId: string;
  /** Identifier of the file or folder, as soon as it is known. */
  fileId: string | undefined;
  /** Counts for the audit trail; never a name or a path. */
  details: FileDetails = {};
  #hasBegun = false;

  constructor(
    private readonly parts: { readonly store: AccountStore; readonly audit: AuditTrail },
    private readonly verb: FileVerb,
    { credential, userId }: { readonly credential: NextcloudCredential; readonly userId: string },
  ) {
    this.credential = credential;
    this.userId = userId;
  }

  /** @throws DomainError `audit-unavailable`: then do nothing */
  async begin(): Promise<void> {
    await this.parts.audit.record({ ...this.#about(), action: `file.${this.verb}.begin`, outcome: 'success' });
    this.#hasBegun = true;
  }

  /** @param error why it failed; undefined when it did not */
  async end(error?: unknown): Promise<void> {
    const written = this.#conclude(error);
    if (!this.#hasBegun) return written;
    // It has happened, and its beginning is in the trail: saying now that nothing was done would be wrong.
    await written.catch((failure: unknown) => {
      new Logger('Files').error(
        { ...failureForLog(failure), verb: this.verb },
        'The end of an operation is not in the audit trail',
      );
    });
  }

  async #conclude(error: unknown): Promise<void> {
    await this.parts.store.recordFailure(this.userId, error);
    await this.parts.audit.record({
      ...this.#about(),
      action: `file.${this.verb}`,
      outcome: error === undefined ? 'success' : 'failure',
      details: { ...this.details, ...(error !== undefined && { code: codeOf(error) }) },
    });
  }

  #about() {
    return {
      actorId: this.userId,
      targetType: 'file',
      ...(this.fileId !== undefined && { targetId: this.fileId }),
    } as const;
  }
}

/** Starts and ends what users do with their files. */
@Injectable()
export class FileOperations {
  constructor(
    private readonly store: AccountStore,
    private readonly audit: AuditTrail,
  ) {}

  /** @throws DomainError `nextcloud-not-configured`, `account-not-linked`, `account-link-invalid`, `account-suspended` */
  async startOperation({ userId }: Principal, verb: FileVerb): Promise<FileOperation> {
    const credential = await this.store.credential(userId);
    return new FileOperation({ store: this.store, audit: this.audit }, verb, { credential, userId });
  }

  /** Does something and follows it to its end. @throws DomainError as `open`, and what `work` throws */
  async runOperation<Result>(
    principal: Principal,
    verb: FileVerb,
    work: (operation: FileOperation) => Promise<Result>,
  ): Promise<Result> {
    const operation = await this.startOperation(principal, verb);
    let result: Result;
    try {
      result = await work(operation);
    } catch (error) {
      await operation.end(error);
      throw error;
    }
    await operation.end();
    return result;
  }
}

function codeOf(error: unknown): string {
  if (isClientGone(error)) return 'aborted';
  return isDomainError(error) ? error.code : 'internal-error';
}
