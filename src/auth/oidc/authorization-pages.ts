import { CONNECT_PATH } from '../access-tokens/connect-page.ts';
import { escapeHtml } from '../../http/escape-html.ts';
import { plainPage, type RenderedPage } from '../../http/plain-page.ts';
import { PROBLEMS, type ProblemCode } from '../../problem/problem-codes.ts';
import type { FlowOutcome } from '../identities/account-linking.ts';
import type { OidcErrorReason } from '../identities/oidc.errors.ts';
import type { FlowResult } from './authorization-code-flow.ts';

/** What the browser is answered with at the end of a flow. */
export type AuthorizationResponsePage =
  | { readonly kind: 'redirect'; readonly location: string }
  | { readonly kind: 'page'; readonly status: number; readonly page: RenderedPage };

const OK = 200;

/** What the browser is told of each reason: enough to act on, and nothing of the checks. */
const CODES: Readonly<Record<OidcErrorReason, ProblemCode>> = {
  'state-unknown': 'sso-request-invalid',
  'state-of-another-browser': 'sso-request-invalid',
  'state-of-another-provider': 'sso-request-invalid',
  'issuer-parameter': 'sso-request-invalid',
  'code-missing': 'sso-request-invalid',
  'provider-refused': 'sso-failed',
  'provider-unreachable': 'sso-failed',
  'provider-timeout': 'sso-failed',
  'provider-answer': 'sso-failed',
  discovery: 'sso-failed',
  keys: 'sso-failed',
  'token-endpoint': 'sso-failed',
  'id-token': 'sso-failed',
  userinfo: 'sso-failed',
  'account-inactive': 'sso-account-refused',
  'account-unknown': 'sso-account-refused',
  'email-required': 'sso-email-required',
  'link-refused': 'identity-taken',
};

/** Sends what the form says and shows the answer to be copied; values come from the form, never from this text. */
const SCRIPT = `
const form = document.querySelector('form');
form.addEventListener('submit', async (event) => {
  event.preventDefault();
  history.replaceState(null, '', location.pathname);
  const answer = await window.fetch(form.dataset.path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(Object.fromEntries(new FormData(form))),
  });
  const body = await answer.json();
  const mistake = document.querySelector('[role=alert]');
  if (!answer.ok) {
    mistake.textContent = body.detail ?? body.title;
    return;
  }
  form.hidden = true;
  mistake.textContent = '';
  const names = { access_token: 'Access token', refresh_token: 'Refresh token', mfa_token: 'Token for the second step of the login' };
  for (const [member, name] of Object.entries(names)) {
    if (!body[member]) continue;
    const label = document.createElement('label');
    const value = document.createElement('textarea');
    label.textContent = name;
    value.readOnly = true;
    value.value = body[member];
    label.append(value);
    document.querySelector('output').append(label);
  }
  document.querySelector('textarea')?.select();
});`;

/** The end of a flow: at the web application, or on a page of this server where there is none. */
export function authorizationResponsePage(
  { outcome, returnPath }: FlowResult,
  { frontendUrl, origin }: { readonly frontendUrl?: string; readonly origin: string },
): AuthorizationResponsePage {
  const isOfOwnPage = returnPath.startsWith(`${CONNECT_PATH}?`);
  const target = isOfOwnPage ? origin : frontendUrl;
  return target === undefined ? pageOf(outcome) : redirectTo(target, returnPath, outcome);
}

function redirectTo(
  frontendUrl: string,
  returnPath: string,
  outcome: FlowResult['outcome'],
): AuthorizationResponsePage {
  const url = new URL(returnPath === '' ? frontendUrl : frontendUrl.replace(/\/+$/, '') + returnPath);
  for (const [name, value] of Object.entries(queryOf(outcome))) url.searchParams.set(name, value);
  const fragment = fragmentOf(outcome);
  if (fragment !== null) url.hash = new URLSearchParams(fragment).toString();
  return { kind: 'redirect', location: url.href };
}

function queryOf(outcome: FlowResult['outcome']): Record<string, string> {
  switch (outcome.kind) {
    case 'login':
      return { code: outcome.code };
    case 'link':
      return { link_code: outcome.code };
    case 'link-required':
    case 'failure':
      return {};
  }
}

function fragmentOf(outcome: FlowResult['outcome']): Record<string, string> | null {
  switch (outcome.kind) {
    case 'link-required':
      return { error: 'account-link-required', link_token: outcome.token };
    case 'failure':
      return { error: CODES[outcome.reason] };
    case 'login':
    case 'link':
      return null;
  }
}

function pageOf(outcome: FlowResult['outcome']): AuthorizationResponsePage {
  if (outcome.kind !== 'failure') return { kind: 'page', ...resultPage(outcome) };
  const code = CODES[outcome.reason];
  return { kind: 'page', status: PROBLEMS[code].status, page: failurePage(code) };
}

function resultPage(outcome: FlowOutcome): { readonly status: number; readonly page: RenderedPage } {
  switch (outcome.kind) {
    case 'login':
      return { status: OK, page: exchangePage(outcome.code) };
    case 'link':
      return { status: OK, page: codePage(outcome.code) };
    case 'link-required':
      return { status: PROBLEMS['account-link-required'].status, page: passwordPage(outcome.token) };
  }
}

/** Exchanges the code of a login and offers the tokens to be copied. */
function exchangePage(code: string): RenderedPage {
  return plainPage({
    title: 'Signed on',
    bodyHtml: `<p>This server has no web application configured. Get the tokens of your session and copy them into your client; the code is good once, for a minute.</p>
<form data-path="/api/auth/oidc/exchange"><input type="hidden" name="code" value="${escapeHtml(code)}"><button>Show my tokens</button></form>
<p role="alert"></p><output></output>
<p><a href="login">Sign on again</a> when the code is too old.</p>`,
    script: SCRIPT,
  });
}

/** Asks for the password of the account that an identity is to be linked to. */
function passwordPage(token: string): RenderedPage {
  return plainPage({
    title: PROBLEMS['account-link-required'].title,
    bodyHtml: `<p>There is an account with your address already. Enter its password to link the provider to it.</p>
<form data-path="/api/auth/oidc/link"><input type="hidden" name="link_token" value="${escapeHtml(token)}">
<label>Password<input type="password" name="password" autocomplete="current-password" required></label><button>Link and log in</button></form>
<p role="alert"></p><output></output>
<p>Do you not know it? <a href="/account/forgot-password">Choose a new password</a>, then <a href="login">sign on again</a>.</p>`,
    script: SCRIPT,
  });
}

/** Shows the code that links an identity, for the client in which the link was begun. */
function codePage(code: string): RenderedPage {
  return plainPage({
    title: 'Almost linked',
    bodyHtml: `<p>Give this code to the client in which you began: <code>POST /api/auth/identities</code>.</p><pre><output>${escapeHtml(code)}</output></pre>`,
  });
}

/** Says why a sign-on failed, in our words only. */
function failurePage(code: ProblemCode): RenderedPage {
  const { title, meaning } = PROBLEMS[code];
  // Beside `callback`, under whichever path and provider.
  return plainPage({
    title,
    bodyHtml: `<p>${escapeHtml(meaning)}</p><p><a href="login">Sign on again</a></p><p><code>${escapeHtml(code)}</code></p>`,
  });
}
