import { TOKEN_PATH } from '../../oauth2/oauth2-paths.ts';
import type { ProviderSettings } from '../../../config/sso-providers.ts';
import { findField, findText, parseJson } from '../../server/ocs-envelope.ts';
import { fault, ok, skipped, type Finding } from '../check.types.ts';
import type { ProbeAnswer } from '../protocol/doctor-probe.ts';
import type { ServerSnapshot } from '../server-snapshot.ts';

const OIDC_TOKEN_PATH = '/index.php/apps/oidc/token';
const NOTHING = 'voiceassist-doctor-knows-no-code';

/**
 * Shows the client's credentials with a code that does not exist. Whoever looks at the client first tells whether they
 * are right (RFC 6749 section 5.2); both apps of Nextcloud look at the code first and do not, but the provider may offer
 * introspection (RFC 7662), which does.
 */
export async function secretFinding(snapshot: ServerSnapshot, signOn: ProviderSettings): Promise<Finding> {
  const document = signOn.kind === 'oidc' ? (await snapshot.discovery()).document : undefined;
  const introspection = findText(document, 'introspection_endpoint');
  const answer =
    introspection === null
      ? await askForTokens(snapshot, signOn, findText(document, 'token_endpoint'))
      : await post(snapshot, pathOf(introspection, snapshot), { ...credentials(signOn), token: NOTHING });
  return evaluateSecret(answer);
}

function askForTokens(
  snapshot: ServerSnapshot,
  signOn: ProviderSettings,
  endpoint: string | null,
): Promise<ProbeAnswer> {
  const form = {
    ...credentials(signOn),
    grant_type: 'authorization_code',
    code: NOTHING,
    redirect_uri: signOn.redirectUri,
  };
  const ownPath = signOn.kind === 'oidc' ? OIDC_TOKEN_PATH : TOKEN_PATH;
  return post(snapshot, endpoint === null ? ownPath : pathOf(endpoint, snapshot), form);
}

function post(
  { issuerProbe }: ServerSnapshot,
  path: string,
  form: Readonly<Record<string, string>>,
): Promise<ProbeAnswer> {
  const headers = { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' };
  return issuerProbe.ask({ method: 'POST', path, headers, body: new URLSearchParams(form).toString() });
}

function credentials({ clientId, clientSecret }: ProviderSettings): Record<string, string> {
  return { client_id: clientId, client_secret: clientSecret.reveal() };
}

/** The document may name another host than the one that is asked. */
function pathOf(endpoint: string, { issuerProbe }: ServerSnapshot): string {
  return new URL(issuerProbe.baseUrl).origin + (URL.parse(endpoint)?.pathname ?? '/');
}

function evaluateSecret({ status, bodyText }: ProbeAnswer): Finding {
  const document = parseJson(bodyText);
  const error = findText(document, 'error');
  const facts = { status, error };
  if (error === 'invalid_client' || error === 'unauthorized_client' || status === 401) {
    return fault({
      cause: 'Nextcloud refuses the client id and secret of this server ("Client authentication failed").',
      fix: 'Copy both again from the client in Nextcloud into NEXTCLOUD_CLIENT_ID and NEXTCLOUD_CLIENT_SECRET, without spaces; if the secret cannot be shown any more, make a new one.',
      facts,
    });
  }
  const isAccepted = error === 'invalid_grant' || typeof findField(document, 'active') === 'boolean';
  if (isAccepted) return ok(facts);
  return skipped(
    'Nextcloud looks at the code of a login before it looks at the client, so only a real login shows whether the secret is right.',
    'Try a login. If it fails, "Logins with Nextcloud succeed" tells the reason.',
  );
}
