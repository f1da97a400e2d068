import { AUTHORIZE_PATH } from '../../oauth2/oauth2-paths.ts';
import { findText } from '../../server/ocs-envelope.ts';
import type { ProviderSettings } from '../../../config/sso-providers.ts';
import { isDomainError } from '../../../problem/domain-error.ts';
import { reasonOf } from '../check-runner.ts';
import { fault, ok, skipped, warning, type Check, type Finding } from '../check.types.ts';
import type { ProbeAnswer } from '../protocol/doctor-probe.ts';
import type { DiscoveryAnswer, ServerSnapshot } from '../server-snapshot.ts';
import { recentFinding } from './sign-on-recent.ts';
import { secretFinding } from './sign-on-secret.ts';

const OFF = 'Login with Nextcloud is not configured.';
const CLIENT_APP_NOTE =
  'Not the app "OpenID Connect user backend" (user_oidc): it makes Nextcloud a client of another provider and provides nothing.';
const EDGE_CHARACTERS = /^\s|\s$|^["'<]|["'>]$/;

const app: Check<ServerSnapshot> = {
  id: 'sso-app',
  title: 'The app of Nextcloud that logs users in is there',
  needs: ['maintenance', 'database-upgrade'],
  run: async (snapshot) => {
    const { signOn } = snapshot.settings;
    if (signOn === undefined) return skipped(OFF);
    return signOn.kind === 'oidc' ? evaluateOidcApp(snapshot, signOn) : evaluateOAuth2App(snapshot, signOn);
  },
};

const issuer: Check<ServerSnapshot> = {
  id: 'sso-issuer',
  title: 'The issuer of tokens is the one that is expected',
  needs: ['sso-app'],
  run: async (snapshot) => {
    const { signOn } = snapshot.settings;
    if (signOn?.kind !== 'oidc') return skipped('Plain OAuth 2.0 has no issuer.');
    const { document } = await snapshot.discovery();
    const named = findText(document, 'issuer') ?? '';
    const facts = { expected: signOn.issuer, named };
    if (named === signOn.issuer) return ok(facts);
    return fault({
      cause:
        'Nextcloud names another issuer than the one this server expects: every token is refused ("Token validation failed").',
      fix: `Nextcloud builds its issuer from the host name it is called by. Set NEXTCLOUD_OIDC_ISSUER to the public address, make this server reach Nextcloud under it (an alias in the container network, extra_hosts, or DNS), and behind TLS set overwriteprotocol to https there. If "${named}" is the public address, it belongs into NEXTCLOUD_OIDC_ISSUER exactly so.`,
      facts,
    });
  },
};

const redirectUri: Check<ServerSnapshot> = {
  id: 'sso-redirect-uri',
  title: 'Nextcloud sends users back to this server',
  needs: ['configured'],
  run: ({ settings: { signOn, ownOrigin } }) =>
    Promise.resolve(signOn === undefined ? skipped(OFF) : evaluateRedirectUri(signOn, ownOrigin)),
};

const client: Check<ServerSnapshot> = {
  id: 'sso-client',
  title: 'Nextcloud knows this server as a client',
  needs: ['sso-app'],
  run: async (snapshot) => {
    const { signOn } = snapshot.settings;
    if (signOn === undefined) return skipped(OFF);
    if (EDGE_CHARACTERS.test(signOn.clientId) || EDGE_CHARACTERS.test(signOn.clientSecret.reveal())) {
      return fault({
        cause: 'The client id or the client secret begins or ends with a space, a quotation mark or a bracket.',
        fix: 'Copy both again from Nextcloud into NEXTCLOUD_CLIENT_ID and NEXTCLOUD_CLIENT_SECRET, without anything around them.',
      });
    }
    return evaluateAuthorize(snapshot, signOn);
  },
};

const secret: Check<ServerSnapshot> = {
  id: 'sso-secret',
  title: 'Nextcloud accepts the client secret',
  needs: ['sso-client'],
  run: async (snapshot) => {
    const { signOn } = snapshot.settings;
    if (signOn === undefined) return skipped(OFF);
    if (!snapshot.depth.isDeep)
      return skipped('Tried only on request, because Nextcloud may count it: npm run doctor -- --deep, or ?deep=true.');
    return secretFinding(snapshot, signOn);
  },
};

const recent: Check<ServerSnapshot> = {
  id: 'sso-recent',
  title: 'Logins with Nextcloud succeed',
  needs: ['configured'],
  run: async ({ settings: { signOn }, signOnFailures }) => {
    if (signOn === undefined) return skipped(OFF);
    if (signOnFailures === null) return skipped('The audit trail is looked at by the running server only.');
    return recentFinding(await signOnFailures());
  },
};

/** Login with Nextcloud: which app, which issuer, which client. */
export const SIGN_ON_CHECKS: readonly Check<ServerSnapshot>[] = [app, issuer, redirectUri, client, secret, recent];

async function evaluateOidcApp(snapshot: ServerSnapshot, signOn: ProviderSettings): Promise<Finding> {
  let answer: DiscoveryAnswer;
  try {
    answer = await snapshot.discovery();
  } catch (error) {
    if (!isDomainError(error)) throw error;
    return fault({
      cause: 'The address of the issuer cannot be reached from this server.',
      fix: 'NEXTCLOUD_OIDC_ISSUER must be reachable from here too: an alias in the container network, extra_hosts, or DNS; with an own certificate authority OUTBOUND_CA_FILE.',
      facts: { issuer: signOn.issuer, problem: error.code, reason: reasonOf(error) },
    });
  }
  const { status, document } = answer;
  const facts = { sso: 'oidc', status };
  if (findText(document, 'issuer') !== null) return ok(facts);
  const hasOAuth2 = (await authorizeAnswer(snapshot, signOn, 'nextcloud-oauth2')).status !== 404;
  return fault({
    cause: 'NEXTCLOUD_SSO is "oidc", but this Nextcloud is no OpenID Connect provider: it has no discovery document.',
    fix: hasOAuth2
      ? `Install the app "OIDC Identity Provider" (occ app:install oidc) and register the client there; or use the built-in OAuth 2.0 clients: NEXTCLOUD_SSO=oauth2, with a client from Administration settings, Security, OAuth 2.0 clients. ${CLIENT_APP_NOTE}`
      : `Install the app "OIDC Identity Provider" (occ app:install oidc) and register the client there. ${CLIENT_APP_NOTE} If the app is there: the web server must pass /.well-known/openid-configuration to Nextcloud.`,
    facts,
  });
}

async function evaluateOAuth2App(snapshot: ServerSnapshot, signOn: ProviderSettings): Promise<Finding> {
  const { status } = await authorizeAnswer(snapshot, signOn, 'nextcloud-oauth2');
  if (status !== 404) return ok({ sso: 'oauth2' });
  return fault({
    cause: 'NEXTCLOUD_SSO is "oauth2", but the app for OAuth 2.0 is off in Nextcloud.',
    fix: 'occ app:enable oauth2',
    facts: { sso: 'oauth2', status },
  });
}

function evaluateRedirectUri({ id, redirectUri: configuredUri }: ProviderSettings, ownOrigin: string): Finding {
  const url = URL.parse(configuredUri);
  const facts = { redirect_uri: configuredUri, public_url: ownOrigin };
  const isOurRoute = url?.pathname === '/auth/callback' || url?.pathname === `/api/auth/oidc/${id}/callback`;
  if (url === null || !isOurRoute) {
    return fault({
      cause: 'The redirect URI does not lead to a route of this server that takes users back.',
      fix: `NEXTCLOUD_REDIRECT_URI must end in /auth/callback or /api/auth/oidc/${id}/callback, and the same text must be registered in Nextcloud.`,
      facts,
    });
  }
  if (url.origin !== ownOrigin) {
    return warning({
      cause: 'The redirect URI is on another address than the public one of this server.',
      fix: 'Unless both lead here: correct NEXTCLOUD_REDIRECT_URI or PUBLIC_URL. The login is bound to the browser by a cookie, so it must begin and end on one host name.',
      facts,
    });
  }
  return ok(facts, 'Exactly this redirect URI must be registered in Nextcloud, or it says "Invalid redirect URI".');
}

async function evaluateAuthorize(snapshot: ServerSnapshot, signOn: ProviderSettings): Promise<Finding> {
  const { status, location } = await authorizeAnswer(snapshot, signOn, signOn.kind);
  const error = location?.searchParams.get('error') ?? null;
  const facts = { status, redirect_uri: signOn.redirectUri, error };
  if (status >= 300 && status < 400 && error === null) {
    return signOn.kind === 'oidc'
      ? ok(facts, 'The app compares client id and redirect URI only after the user has logged in: try a login.')
      : ok(
          facts,
          'The client id is known. Nextcloud goes back to the redirect URI registered there, whatever is asked.',
        );
  }
  return fault({
    cause: 'Nextcloud refuses the request for a login: client id or redirect URI are not what is registered there.',
    fix: `Compare with the client in Nextcloud: NEXTCLOUD_CLIENT_ID must be its id without spaces around it, and its redirect URI must be exactly ${signOn.redirectUri}`,
    facts,
  });
}

/** Where the browser would be sent; nobody is logged in, so nothing comes of it. */
async function authorizeAnswer(
  snapshot: ServerSnapshot,
  signOn: ProviderSettings,
  kind: ProviderSettings['kind'],
): Promise<ProbeAnswer> {
  const isOidc = kind === 'oidc';
  const query = new URLSearchParams({
    client_id: signOn.clientId,
    response_type: 'code',
    redirect_uri: signOn.redirectUri,
    state: 'voiceassist-doctor',
    ...(isOidc && { scope: 'openid', nonce: 'voiceassist-doctor' }),
  });
  if (!isOidc) return snapshot.probe.ask({ path: `${AUTHORIZE_PATH}?${query.toString()}` });
  const endpoint = findText((await snapshot.discovery()).document, 'authorization_endpoint');
  return snapshot.issuerProbe.ask({ path: `${endpointPath(endpoint, snapshot)}?${query.toString()}` });
}

/** The document may name another host than the one that is asked; only its path counts. */
function endpointPath(endpoint: string | null, { issuerProbe }: ServerSnapshot): string {
  const url = endpoint === null ? null : URL.parse(endpoint);
  return url === null ? '/index.php/apps/oidc/authorize' : new URL(issuerProbe.baseUrl).origin + url.pathname;
}
