import { AuditEvent, AuditHead } from './audit/audit-event.entity.ts';
import { AccessToken } from './auth/access-tokens/access-token.entity.ts';
import { RecoveryCode, TotpFactor } from './auth/mfa/factor.entity.ts';
import { Identity } from './auth/identities/identity.entity.ts';
import { OneTimeToken } from './auth/login/one-time-token.entity.ts';
import { Passkey } from './auth/passkeys/passkey.entity.ts';
import { Session } from './auth/sessions/session.entity.ts';
import { RefreshToken } from './auth/sessions/refresh-token.entity.ts';
import { StoredIndexRules } from './indexing/rules/index-rules.entity.ts';
import { ScanState } from './indexing/scanning/scan-state.entity.ts';
import { ScannedFolder } from './indexing/scanning/scanned-folder.entity.ts';
import { Chunk } from './indexing/sources/chunk.entity.ts';
import { DocumentRevision } from './indexing/sources/document-revision.entity.ts';
import { Document } from './indexing/sources/document.entity.ts';
import { IndexHead } from './indexing/sources/index-head.entity.ts';
import { Job } from './jobs/job.entity.ts';
import { NextcloudAccount, NextcloudLink, NextcloudRevocation } from './nextcloud/account/nextcloud-account.entity.ts';
import { NextcloudProvisioning } from './nextcloud/provisioning/nextcloud-provisioning.entity.ts';
import { ActivityCursor } from './nextcloud/activity/activity-cursor.entity.ts';
import { OutgoingMail } from './notifications/outgoing-mail.entity.ts';
import { UserKey } from './secrets/user-key.entity.ts';
import { UsedNonce } from './signing/used-nonce.entity.ts';
import { User } from './users/user.entity.ts';

/** Every entity of the server; a table that is not listed here does not exist for the ORM. */
export const ENTITIES = [
  User,
  UserKey,
  Identity,
  Session,
  RefreshToken,
  OneTimeToken,
  TotpFactor,
  RecoveryCode,
  Passkey,
  AccessToken,
  UsedNonce,
  OutgoingMail,
  AuditEvent,
  AuditHead,
  NextcloudAccount,
  NextcloudLink,
  NextcloudRevocation,
  NextcloudProvisioning,
  Job,
  Document,
  DocumentRevision,
  Chunk,
  IndexHead,
  ScannedFolder,
  ScanState,
  StoredIndexRules,
  ActivityCursor,
];
