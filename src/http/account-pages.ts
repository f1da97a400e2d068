import type { FastifyInstance } from 'fastify';
import { plainPage, type PlainPage } from './plain-page.ts';

/** Pages that links in mails open: of the web application, or these where there is none. */
export type AccountPage =
  | 'verify-email'
  | 'resend-verification'
  | 'confirm-email-change'
  | 'reset-password'
  | 'accept-invitation'
  | 'forgot-password'
  | 'set-up';

/** What a page asks for and which operation gets it. */
interface PageForm {
  readonly title: string;
  readonly button: string;
  /** Operation that the form is sent to, as JSON, with the token of the link. */
  readonly operation: string;
  readonly inputs: readonly PageInput[];
  readonly done: string;
  /** What to do when the link is dead; absent on pages that need none. */
  readonly deadLinkHtml?: string;
}

/** One field: its name in the request, and what it is for. */
interface PageInput {
  readonly name: string;
  readonly kind: 'new-password' | 'address';
}

const ADDRESS: PageInput = { name: 'email', kind: 'address' };

const FORMS: Readonly<Record<AccountPage, PageForm>> = {
  'verify-email': {
    title: 'Confirm your address',
    button: 'Confirm',
    operation: '/api/auth/email/verify',
    inputs: [],
    done: 'Your address is confirmed. You can log in now.',
    deadLinkHtml: '<a href="/account/resend-verification">Have another link sent to you</a>.',
  },
  'resend-verification': {
    title: 'Another link to confirm your address',
    button: 'Send me a link',
    operation: '/api/auth/email/resend',
    inputs: [ADDRESS],
    done: 'If an account waits for this address to be confirmed, a mail with a link is on its way.',
  },
  'confirm-email-change': {
    title: 'Confirm your new address',
    button: 'Confirm',
    operation: '/api/auth/email/change/confirm',
    inputs: [],
    done: 'Your account has the new address now.',
    deadLinkHtml: 'Log in where you use your account and change the address once more: a new link is sent then.',
  },
  'reset-password': {
    title: 'Choose a new password',
    button: 'Change password',
    operation: '/api/auth/password/reset',
    inputs: [{ name: 'new_password', kind: 'new-password' }],
    done: 'Your password is changed. Log in with it.',
    deadLinkHtml: '<a href="/account/forgot-password">Have another link sent to you</a>.',
  },
  'accept-invitation': {
    title: 'Welcome',
    button: 'Open my account',
    operation: '/api/auth/accept-invitation',
    inputs: [{ name: 'password', kind: 'new-password' }],
    done: 'Your account is open. Log in with your address and this password.',
    deadLinkHtml: 'Ask whoever invited you to send the invitation again.',
  },
  'set-up': {
    title: 'The first administrator',
    button: 'Make the administrator',
    operation: '/api/auth/set-up',
    inputs: [ADDRESS, { name: 'password', kind: 'new-password' }],
    done: 'The administrator is made. Log in with this address and password.',
    deadLinkHtml:
      'While there is no administrator, each start of the server logs a new link: restart it and look there.',
  },
  'forgot-password': {
    title: 'Forgotten password',
    button: 'Send me a link',
    operation: '/api/auth/password/forgot',
    inputs: [ADDRESS],
    done: 'If there is an account with this address, a mail with a link is on its way.',
  },
};

// The token leaves the address bar and the history at once. Nothing happens before the button is pressed, because
// programs that look at links in mails open them too. A session that an answer brings is not for this page: it ends.
const SCRIPT = `
const form = document.querySelector('form');
const button = form.querySelector('button');
const done = document.querySelector('[role=status]');
const mistake = document.querySelector('[role=alert]');
const deadLink = document.querySelector('#dead-link');
const token = new URLSearchParams(location.hash.slice(1)).get('token');
history.replaceState(null, '', location.pathname);
const showDeadLink = () => {
  form.hidden = true;
  deadLink.hidden = false;
  deadLink.focus();
};
if (deadLink && !token) showDeadLink();
const showMistake = (answer) => {
  if (answer.code === 'one-time-token-invalid' && deadLink) return showDeadLink();
  const broken = answer.errors?.[0];
  mistake.textContent = broken?.detail ?? answer.detail ?? answer.title;
  const input = broken && form.elements.namedItem(broken.pointer.slice(1));
  if (!input) return;
  input.setAttribute('aria-invalid', 'true');
  input.focus();
};
form.addEventListener('submit', async (event) => {
  event.preventDefault();
  mistake.textContent = '';
  for (const input of form.elements) input.removeAttribute('aria-invalid');
  button.disabled = true;
  const body = { ...(token && { token }), ...Object.fromEntries(new FormData(form)) };
  const send = (path, init) => window.fetch(path, { method: 'POST', credentials: 'omit', ...init });
  try {
    const headers = { 'content-type': 'application/json' };
    const response = await send(form.dataset.operation, { headers, body: JSON.stringify(body) });
    const answer = response.status === 204 ? {} : await response.json();
    if (answer.access_token) await send('/api/auth/logout', { headers: { authorization: 'Bearer ' + answer.access_token } });
    if (!response.ok) return showMistake(answer);
    form.hidden = true;
    done.textContent = form.dataset.done;
    done.focus();
  } catch {
    mistake.textContent = 'The server cannot be reached. Try again.';
  } finally {
    button.disabled = false;
  }
});
`;

/** What the pages say of new passwords. */
export interface PasswordRules {
  readonly passwordMinLength: number;
}

/** Serves the pages below /account/. They hold no data and ask nothing of the database. */
export function serveAccountPages(fastify: FastifyInstance, rules: PasswordRules): void {
  for (const [page, form] of Object.entries(FORMS)) {
    fastify.get(`/account/${page}`, (_request, reply) => {
      const { html, headers } = plainPage(pageOf(form, rules));
      return reply.headers(headers).send(html);
    });
  }
}

function pageOf({ title, button, operation, inputs, done, deadLinkHtml }: PageForm, rules: PasswordRules): PlainPage {
  const inputsHtml = inputs.map((input) => inputHtml(input, rules)).join('');
  return {
    title,
    bodyHtml:
      `<form data-operation="${operation}" data-done="${done}">${inputsHtml}<button>${button}</button></form>\n` +
      '<p role="alert"></p>\n<p role="status" tabindex="-1"></p>\n' +
      (deadLinkHtml === undefined
        ? ''
        : `<div id="dead-link" tabindex="-1" hidden><p>This link cannot be used: it was used before, has expired, or a newer one was sent.</p>\n<p>${deadLinkHtml}</p></div>\n`) +
      '<noscript><p>This page needs JavaScript.</p></noscript>',
    script: SCRIPT,
  };
}

function inputHtml({ name, kind }: PageInput, { passwordMinLength }: PasswordRules): string {
  if (kind === 'address') {
    return `<label>Your address<input type="email" name="${name}" autocomplete="username" required maxlength="254"></label>`;
  }
  return (
    `<label>New password<input type="password" name="${name}" autocomplete="new-password" required maxlength="1024" aria-describedby="rule"></label>` +
    `<p id="rule">At least ${String(passwordMinLength)} characters, of any kind: four or five words that nobody would guess are good. Not a common password, and not made of your name or address.</p>`
  );
}
