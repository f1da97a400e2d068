import { failure } from '../../outbound/transport-error.ts';
import { findField, findText, parseJson } from './ocs-envelope.ts';
import { callNextcloud, type NextcloudEndpoint } from './ocs.transport.ts';

/** Settings of the login flow. */
export interface LoginFlowOptions extends NextcloudEndpoint {
  /** Address of the Nextcloud as browsers reach it; may differ from ours inside a container network. */
  readonly publicBaseUrl: string;
  /** Shown to the user in the list of devices and sessions of the Nextcloud. */
  readonly clientName: string;
}

/** A flow that waits for the user. */
export interface StartedLoginFlow {
  /** Where the user's browser goes to grant access. */
  readonly loginUrl: string;
  /** Secret that {@link LoginFlowClient.poll} needs. */
  readonly pollToken: string;
  /** How long Nextcloud keeps the flow. */
  readonly expiresInSeconds: number;
}

/** What a granted flow gives, once. */
export interface GrantedLogin {
  /** Not always the user id: ask `OcsClient.self`. */
  readonly loginName: string;
  readonly appPassword: string;
}

const FLOW_SECONDS = 1_200;
const LOGIN_PATH = /(\/index\.php)?\/login\/v2\/flow\/[A-Za-z0-9]{16,512}$/;
const POLL_TOKEN = /^[A-Za-z0-9]{16,512}$/;
const POLL_PATH = '/index.php/login/v2/poll';

/** Nextcloud's Login Flow v2: an app password without ever seeing the user's own password. */
export class LoginFlowClient {
  constructor(private readonly options: LoginFlowOptions) {}

  /**
   * Starts a flow.
   * @throws {DomainError} `upstream-misconfigured`, `upstream-protocol-error`, or what the outbound client throws
   */
  async start(): Promise<StartedLoginFlow> {
    const document = await this.post('/index.php/login/v2', {});
    const pollToken = findText(findField(document, 'poll'), 'token') ?? '';
    const login = URL.parse(findText(document, 'login') ?? '');
    // The server builds its URLs from the Host of our request, which browsers may not reach: only the end is used.
    const loginPath = LOGIN_PATH.exec(login?.pathname ?? '')?.[0];
    if (loginPath === undefined || !POLL_TOKEN.test(pollToken)) throw this.wrongAnswer();
    return {
      loginUrl: this.options.publicBaseUrl.replace(/\/+$/, '') + loginPath,
      pollToken,
      expiresInSeconds: FLOW_SECONDS,
    };
  }

  /**
   * Asks once whether the user has granted access. The answer comes once: keep it before anything else.
   * @returns null when not granted yet, refused, expired or already fetched; Nextcloud does not tell these apart
   */
  async poll(pollToken: string): Promise<GrantedLogin | null> {
    const document = await this.post(POLL_PATH, { token: pollToken });
    if (document === null) return null;
    const loginName = findText(document, 'loginName');
    const appPassword = findText(document, 'appPassword');
    if (loginName === null || appPassword === null) throw this.wrongAnswer();
    return { loginName, appPassword };
  }

  /** Null for a 404 with a JSON body, which is how Nextcloud says "not yet". */
  private async post(path: string, form: Record<string, string>): Promise<unknown> {
    const { name } = this.options.policy;
    const headers = { 'user-agent': this.options.clientName };
    const answer = await callNextcloud(this.options, { method: 'POST', path, login: null, form, headers });
    if (answer.status >= 500) throw failure('upstream-unavailable', name, 'login-flow');
    const document = /\bjson\b/i.test(answer.contentType) ? parseJson(answer.bodyText) : undefined;
    if (document === undefined) throw failure('upstream-misconfigured', name, 'web-page');
    if (answer.status === 404 && path === POLL_PATH) return null;
    if (answer.status !== 200) throw failure('upstream-misconfigured', name, 'login-flow');
    return document;
  }

  private wrongAnswer(): Error {
    return failure('upstream-protocol-error', this.options.policy.name, 'login-flow');
  }
}
