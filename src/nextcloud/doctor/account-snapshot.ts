import { findProperty, type DavResponse } from '../dav/multistatus.types.ts';
import { MultistatusReader } from '../dav/multistatus.reader.ts';
import type { NextcloudLogin } from '../dav/nextcloud-credential.ts';
import type { DoctorProbe, ProbeAnswer } from './protocol/doctor-probe.ts';

/** The account that is looked at. */
export interface ExaminedAccount {
  /** As DAV paths need it. */
  readonly uid: string;
  readonly state: 'linked' | 'invalid' | 'suspended';
  readonly scheme: NextcloudLogin['scheme'];
  /** Null unless the account is linked. */
  readonly login: NextcloudLogin | null;
}

/** What an account snapshot is made with. */
export interface AccountSnapshotParts {
  /** Undefined when no Nextcloud is configured. */
  readonly probe: DoctorProbe | undefined;
  /** Null when the user has linked none. */
  readonly account: ExaminedAccount | null;
  readonly watchDirectories: readonly string[];
  /** Told of a refusal of the credential, so that nothing else tries it again. */
  readonly onRefused: (error: unknown) => Promise<void>;
}

/** A PROPFIND of the user's. */
export interface PropfindRequest {
  /** Below `/remote.php/dav`, encoded. */
  readonly path: string;
  readonly depth: '0' | '1';
  /** The elements inside `prop`, with the prefixes d, oc and c. */
  readonly properties: string;
}

const HOME_PROPERTIES = '<oc:fileid/><d:quota-used-bytes/><d:quota-available-bytes/>';
const NAMESPACES = 'xmlns:d="DAV:" xmlns:oc="http://owncloud.org/ns" xmlns:c="urn:ietf:params:xml:ns:caldav"';

/** What an account check looks at. */
export class AccountSnapshot {
  readonly watchDirectories: readonly string[];
  readonly onRefused: AccountSnapshotParts['onRefused'];
  readonly #probe: DoctorProbe | undefined;
  readonly #account: ExaminedAccount | null;
  #home: Promise<ProbeAnswer> | undefined;

  constructor({ probe, account, watchDirectories, onRefused }: AccountSnapshotParts) {
    this.#probe = probe;
    this.#account = account;
    this.watchDirectories = watchDirectories;
    this.onRefused = onRefused;
  }

  get isLinked(): boolean {
    return this.#account !== null;
  }

  /** Only for checks that need "account-linked". */
  get account(): ExaminedAccount {
    if (this.#account === null) throw new Error('No account is linked');
    return this.#account;
  }

  /** The user's home collection; asked once. */
  home(): Promise<ProbeAnswer> {
    this.#home ??= this.propfind({ path: this.pathIn('files', ''), depth: '0', properties: HOME_PROPERTIES });
    return this.#home;
  }

  pathIn(area: 'files' | 'calendars', encodedPath: string): string {
    return `/${area}/${encodeURIComponent(this.account.uid)}${encodedPath}`;
  }

  propfind({ path, depth, properties }: PropfindRequest): Promise<ProbeAnswer> {
    return this.#ask({
      method: 'PROPFIND',
      path: `/remote.php/dav${path}`,
      headers: { depth, 'content-type': 'application/xml; charset=utf-8' },
      body: `<?xml version="1.0" encoding="utf-8"?><d:propfind ${NAMESPACES}><d:prop>${properties}</d:prop></d:propfind>`,
    });
  }

  capabilities(): Promise<ProbeAnswer> {
    const headers = { 'ocs-apirequest': 'true', accept: 'application/json' };
    return this.#ask({ path: '/ocs/v2.php/cloud/capabilities?format=json', headers });
  }

  #ask(request: Parameters<DoctorProbe['ask']>[0]): Promise<ProbeAnswer> {
    const { login } = this.account;
    if (this.#probe === undefined || login === null) throw new Error('No credential that may be used');
    return this.#probe.ask({ ...request, login });
  }
}

/** Reads a multistatus. @throws {DomainError} `upstream-protocol-error` */
export async function responsesOf({ bodyText }: ProbeAnswer): Promise<DavResponse[]> {
  const found: DavResponse[] = [];
  const body = (async function* () {
    yield await Promise.resolve(Buffer.from(bodyText, 'utf8'));
  })();
  for await (const response of new MultistatusReader(body, 'nextcloud-doctor')) found.push(response);
  return found;
}

/** The text of a property; null when the resource lacks it. */
export function propertyText(response: DavResponse | undefined, namespace: string, name: string): string | null {
  if (response === undefined) return null;
  return findProperty(response, namespace, name)?.text.trim() ?? null;
}
