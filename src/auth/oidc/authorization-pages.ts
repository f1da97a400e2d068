import { escapeHtml } from '../../http/escape-html.ts';
import { plainPage, type RenderedPage } from '../../http/plain-page.ts';
import { PROBLEMS, type ProblemCode } from '../../problem/problem-codes.ts';

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
  document.querySelector('output').textContent = answer.ok ? JSON.stringify(body, null, 2) : body.title;
});`;

/** Exchanges the code of a login and offers the tokens to be copied. */
export function exchangePage(code: string): RenderedPage {
  return plainPage({
    title: 'Signed on',
    bodyHtml: `<p>This server has no web application configured. Get the tokens of your session and copy them into your client; the code is good once, for a minute.</p>
<form data-path="/api/auth/oidc/exchange"><input type="hidden" name="code" value="${escapeHtml(code)}"><button>Show my tokens</button></form>
<pre><output></output></pre>`,
    script: SCRIPT,
  });
}

/** Asks for the password of the account that an identity is to be linked to. */
export function passwordPage(token: string): RenderedPage {
  return plainPage({
    title: PROBLEMS['account-link-required'].title,
    bodyHtml: `<p>There is an account with your address already. Enter its password to link the provider to it.</p>
<form data-path="/api/auth/oidc/link"><input type="hidden" name="link_token" value="${escapeHtml(token)}">
<label>Password<input type="password" name="password" autocomplete="current-password" required></label><button>Link and log in</button></form>
<pre><output></output></pre>`,
    script: SCRIPT,
  });
}

/** Shows the code that links an identity, for the client in which the link was begun. */
export function codePage(code: string): RenderedPage {
  return plainPage({
    title: 'Almost linked',
    bodyHtml: `<p>Give this code to the client in which you began: <code>POST /api/auth/identities</code>.</p><pre><output>${escapeHtml(code)}</output></pre>`,
  });
}

/** Says why a sign-on failed, in our words only. */
export function failurePage(code: ProblemCode): RenderedPage {
  const { title, meaning } = PROBLEMS[code];
  return plainPage({ title, bodyHtml: `<p>${escapeHtml(meaning)}</p><p><code>${escapeHtml(code)}</code></p>` });
}
