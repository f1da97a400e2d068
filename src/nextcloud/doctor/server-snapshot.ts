import type { OutboundClient } from '../../outbound/outbound.client.ts';
import { isDomainError, type DomainError } from '../../problem/domain-error.ts';
import { findField, findText, parseJson } from '../server/ocs-envelope.ts';
import type { DoctorSettings } from './doctor-settings.ts';
import { DoctorProbe, type ProbeAnswer } from './protocol/doctor-probe.ts';

/** The first contact: an answer to `GET /status.php`, or why there was none. */
export type Contact =
  { readonly answer: ProbeAnswer; readonly failure: null } | { readonly answer: null; readonly failure: DomainError };

/** How far a snapshot goes. */
export interface ExaminationDepth {
  /** Also what only administrators may cause: the service account is tried. */
  readonly isForAdministrator: boolean;
  /** Also what Nextcloud may count as a failed attempt: the client secret is tried. */
  readonly isDeep: boolean;
}

/** Logins with Nextcloud that failed lately, by the reason in the audit trail. */
export interface SignOnFailures {
  readonly reason: string;
  readonly count: number;
}

/** The discovery address (OpenID Connect Discovery 1.0 section 4) as it answered. */
export interface DiscoveryAnswer {
  readonly status: number;
  /** Undefined when it is no JSON. */
  readonly document: unknown;
}

/** What a snapshot is made with. */
export interface ServerSnapshotParts {
  readonly settings: DoctorSettings;
  readonly outbound: OutboundClient;
  readonly depth: ExaminationDepth;
  /** Null where there is no database to look into. */
  readonly signOnFailures: (() => Promise<readonly SignOnFailures[]>) | null;
}

/** What a server check looks at. What several need is asked once. */
export class ServerSnapshot {
  readonly settings: DoctorSettings;
  readonly depth: ExaminationDepth;
  readonly signOnFailures: ServerSnapshotParts['signOnFailures'];
  readonly #probe: DoctorProbe | undefined;
  readonly #issuerProbe: DoctorProbe | undefined;
  readonly #publicProbe: DoctorProbe | undefined;
  #contact: Promise<Contact> | undefined;
  #capabilities: Promise<unknown> | undefined;
  #discovery: Promise<DiscoveryAnswer> | undefined;

  constructor({ settings, outbound, depth, signOnFailures }: ServerSnapshotParts) {
    const { url, signOn, browserUrl } = settings;
    this.settings = settings;
    this.depth = depth;
    this.signOnFailures = signOnFailures;
    this.#probe = url === undefined ? undefined : new DoctorProbe(outbound, url);
    this.#issuerProbe =
      signOn === undefined || signOn.issuer === url ? this.#probe : new DoctorProbe(outbound, signOn.issuer);
    this.#publicProbe =
      browserUrl === undefined || browserUrl === url ? undefined : new DoctorProbe(outbound, browserUrl);
  }

  /** For the address that browsers use; undefined where it is the one that this server uses. */
  get publicProbe(): DoctorProbe | undefined {
    return this.#publicProbe;
  }

  /** Only for checks that need "configured". */
  get probe(): DoctorProbe {
    if (this.#probe === undefined) throw new Error('No Nextcloud is configured');
    return this.#probe;
  }

  /** For what concerns the issuer, which may be reached under another address. */
  get issuerProbe(): DoctorProbe {
    return this.#issuerProbe ?? this.probe;
  }

  discovery(): Promise<DiscoveryAnswer> {
    this.#discovery ??= this.#discover();
    return this.#discovery;
  }

  contact(): Promise<Contact> {
    this.#contact ??= this.#firstContact();
    return this.#contact;
  }

  /** Only for checks that need a contact. */
  async statusAnswer(): Promise<ProbeAnswer> {
    const { answer } = await this.contact();
    if (answer === null) throw new Error('There was no contact');
    return answer;
  }

  /** The JSON of status.php; undefined when it is none. */
  async statusDocument(): Promise<unknown> {
    return parseJson((await this.statusAnswer()).bodyText);
  }

  /** The capabilities as told without a login; undefined when OCS does not answer as it should. */
  capabilities(): Promise<unknown> {
    this.#capabilities ??= this.#askCapabilities();
    return this.#capabilities;
  }

  /** The major version; null when the server hides it. */
  async majorVersion(): Promise<number | null> {
    const text = findText(await this.statusDocument(), 'version');
    return text !== null && /^\d{1,3}\./.test(text) ? Number.parseInt(text, 10) : null;
  }

  async #firstContact(): Promise<Contact> {
    try {
      return { answer: await this.probe.ask({ path: '/status.php' }), failure: null };
    } catch (error) {
      if (isDomainError(error)) return { answer: null, failure: error };
      throw error;
    }
  }

  async #discover(): Promise<DiscoveryAnswer> {
    const { status, bodyText } = await this.issuerProbe.ask({ path: '/.well-known/openid-configuration' });
    return { status, document: status === 200 ? parseJson(bodyText) : undefined };
  }

  async #askCapabilities(): Promise<unknown> {
    const answer = await this.probe.ask({
      path: '/ocs/v2.php/cloud/capabilities?format=json',
      headers: { 'ocs-apirequest': 'true', accept: 'application/json' },
    });
    if (answer.status !== 200 || !answer.isJson) return undefined;
    return findField(findField(parseJson(answer.bodyText), 'ocs'), 'data');
  }
}
