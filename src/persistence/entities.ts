import { AuditEvent, AuditHead } from '../audit/audit-event.entity.ts';
import { Session } from '../auth/sessions/session.entity.ts';
import { RefreshToken } from '../auth/tokens/refresh-token.entity.ts';
import { Chunk, Document, DocumentRevision, IndexHead, ScannedFolder } from '../indexing/sources/document.entity.ts';
import { Job } from '../jobs/job.entity.ts';
import { NextcloudAccount, NextcloudLink } from '../nextcloud/account/nextcloud-account.entity.ts';
import { User } from '../users/user.entity.ts';

/** Every entity of the server; a table that is not listed here does not exist for the ORM. */
export const ENTITIES = [
  User,
  Session,
  RefreshToken,
  AuditEvent,
  AuditHead,
  NextcloudAccount,
  NextcloudLink,
  Job,
  Document,
  DocumentRevision,
  Chunk,
  IndexHead,
  ScannedFolder,
];
