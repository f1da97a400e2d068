import type { FastifyInstance } from 'fastify';
import { SCOPES } from '../../access/scopes.ts';
import { escapeHtml } from '../../http/escape-html.ts';
import { plainPage, type PlainPage } from '../../http/plain-page.ts';
import { isNextcloudApp, isRedirectUriOf, NEXTCLOUD_APP_GRANTS, type NextcloudAppId } from './nextcloud-apps.ts';

/** Path of the page; single sign-on that began there returns there. */
export const CONNECT_PATH = '/account/connect';

/** Which Nextcloud the apps are in. */
interface AppHost {
  /** Address at which browsers open it; undefined where none is configured. */
  readonly browserUrl: string | undefined;
}

// The parameters of the app stay in this tab while somebody signs on elsewhere. The session of this page ends when the
// code is made: only the app is to stay connected.
const SCRIPT = `
const page = document.querySelector('[data-app]');
const { app, redirectUri } = page.dataset;
const login = document.querySelector('#login');
const factor = document.querySelector('#factor');
const allow = document.querySelector('#allow');
const providers = document.querySelector('#providers');
const mistake = document.querySelector('[role=alert]');
const query = new URLSearchParams(location.search);
const KEY = 'voiceassist-connect-' + app;
const saved = JSON.parse(sessionStorage.getItem(KEY) ?? '{}');
const asked = query.has('code_challenge')
  ? { challenge: query.get('code_challenge'), state: query.get('state') ?? '' }
  : saved.asked;
const returned = new URLSearchParams(location.hash.slice(1));
history.replaceState(null, '', location.pathname + '?' + new URLSearchParams({ app, redirect_uri: redirectUri }));
sessionStorage.removeItem(KEY);

const send = async (path, body, token) => {
  const headers = { 'content-type': 'application/json', ...(token && { authorization: 'Bearer ' + token }) };
  const response = await window.fetch(path, { method: 'POST', credentials: 'omit', headers, body: JSON.stringify(body) });
  const answer = response.status === 204 ? {} : await response.json();
  if (!response.ok) throw new Error(answer.errors?.[0]?.detail ?? answer.detail ?? answer.title);
  return answer;
};
const showOnly = (shown) => {
  for (const part of [login, factor, allow]) part.hidden = part !== shown;
  providers.hidden = shown !== login;
  shown?.querySelector('input, button')?.focus();
};
const attempt = async (work) => {
  mistake.textContent = '';
  for (const button of document.querySelectorAll('button')) button.disabled = true;
  try {
    await work();
  } catch (error) {
    mistake.textContent = error instanceof TypeError ? 'The server cannot be reached. Try again.' : error.message;
  }
  for (const button of document.querySelectorAll('button')) button.disabled = false;
};
const onSubmit = (form, work) => form.addEventListener('submit', (event) => {
  event.preventDefault();
  void attempt(() => work(Object.fromEntries(new FormData(form))));
});
const back = (found) => location.assign(redirectUri + '?' + new URLSearchParams({ ...found, state: asked?.state ?? '' }));

let session;
let step;
const connect = async () => {
  const { code } = await send('/api/auth/tokens/authorize', { app, redirect_uri: redirectUri, code_challenge: asked.challenge }, session);
  await send('/api/auth/logout', {}, session);
  back({ code });
};
const goOn = async (answer, then) => {
  if (answer.mfa_token && answer.mfa_required) {
    step = { token: answer.mfa_token, then };
    return showOnly(factor);
  }
  if (!answer.access_token) throw new Error('Your account needs a second factor first. Log in with the app that you use and set one up.');
  session = answer.access_token;
  await then();
};
onSubmit(login, async ({ email, password }) => goOn(await send('/api/auth/login', { email, password }), connect));
onSubmit(factor, async ({ code }) => goOn(await send('/api/auth/mfa/challenge', { mfa_token: step.token, code }), step.then));
onSubmit(allow, connect);
document.querySelector('#cancel').addEventListener('click', () => back({ error: 'access_denied' }));

const base64url = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes))).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
const signOn = async (provider) => {
  const verifier = base64url(crypto.getRandomValues(new Uint8Array(32)));
  const challenge = base64url(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier)));
  sessionStorage.setItem(KEY, JSON.stringify({ asked, verifier }));
  const path = location.pathname + '?' + new URLSearchParams({ app, redirect_uri: redirectUri });
  location.assign(provider.login_url + '?' + new URLSearchParams({ code_challenge: challenge, return_path: path }));
};
const offerProviders = async () => {
  const { providers: offered } = await (await window.fetch('/api/auth/oidc/providers')).json();
  for (const provider of crypto.subtle ? offered : []) {
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = 'Sign on with ' + provider.label;
    button.addEventListener('click', () => void attempt(() => signOn(provider)));
    providers.append(button);
  }
};

if (!asked?.challenge) {
  showOnly(null);
  mistake.textContent = 'Begin in the app: press Connect there.';
} else if (query.has('code') && saved.verifier) {
  showOnly(null);
  void attempt(async () => goOn(await send('/api/auth/oidc/exchange', { code: query.get('code'), code_verifier: saved.verifier }), () => showOnly(allow)));
} else {
  showOnly(login);
  void offerProviders();
  if (returned.has('error')) mistake.textContent = 'The sign-on did not end well (' + returned.get('error') + '). Try again, or log in with your password.';
}
`;

/** Serves the page on which a user allows a Nextcloud app to call this server. It holds no data of anybody. */
export function serveConnectPage(fastify: FastifyInstance, { browserUrl }: AppHost): void {
  fastify.get(CONNECT_PATH, (request, reply) => {
    const { app, redirect_uri: redirectUri } = request.query as Readonly<Record<string, unknown>>;
    const isMeant = typeof app === 'string' && isNextcloudApp(app) && typeof redirectUri === 'string';
    if (!isMeant || !isRedirectUriOf(app, redirectUri, browserUrl)) {
      reply.callNotFound();
      return reply;
    }
    const { html, headers } = plainPage(pageOf(app, redirectUri));
    return reply.headers(headers).send(html);
  });
}

function pageOf(app: NextcloudAppId, redirectUri: string): PlainPage {
  const { title, scopes } = NEXTCLOUD_APP_GRANTS[app];
  const allowed = scopes.map((scope) => `<li>${escapeHtml(SCOPES[scope])}</li>`).join('');
  return {
    title: 'Connect Nextcloud',
    bodyHtml:
      `<div data-app="${app}" data-redirect-uri="${escapeHtml(redirectUri)}"></div>\n` +
      `<p>The Nextcloud app <strong>${escapeHtml(title)}</strong> at <strong>${escapeHtml(new URL(redirectUri).host)}</strong> asks to act for you. It will be able to:</p>\n` +
      `<ul>${allowed}</ul>\n` +
      '<p>Nothing else. You can take it back at any time: press Disconnect in the app.</p>\n' +
      '<form id="login" hidden><label>Your address<input type="email" name="email" autocomplete="username" required maxlength="254"></label>' +
      '<label>Password<input type="password" name="password" autocomplete="current-password" required maxlength="1024"></label><button>Log in and connect</button></form>\n' +
      '<p id="providers" hidden></p>\n' +
      '<form id="factor" hidden><label>Code of your second factor<input name="code" autocomplete="one-time-code" required maxlength="64"></label><button>Connect</button></form>\n' +
      '<form id="allow" hidden><p>You are signed on.</p><button>Connect</button></form>\n' +
      '<p role="alert"></p>\n<p><button type="button" id="cancel">Cancel</button></p>\n<noscript><p>This page needs JavaScript.</p></noscript>',
    script: SCRIPT,
  };
}
