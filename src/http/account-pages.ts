import type { FastifyInstance } from 'fastify';
import { plainPage, type PlainPage } from './plain-page.ts';

/** Pages that links in mails open: of the web application, or these where there is none. */
export type AccountPage =
  'verify-email' | 'confirm-email-change' | 'reset-password' | 'accept-invitation' | 'forgot-password' | 'set-up';

/** What a page asks for and which operation gets it. */
interface PageForm {
  readonly title: string;
  readonly button: string;
  /** Operation that the form is sent to, as JSON, with the token of the link. */
  readonly operation: string;
  readonly inputsHtml: string;
  readonly done: string;
}

const newPassword = (name: string): string =>
  `<label>New password<input type="password" name="${name}" autocomplete="new-password" required maxlength="1024"></label>`;

const address = (name: string): string =>
  `<label>Your address<input type="email" name="${name}" autocomplete="username" required maxlength="254"></label>`;

const FORMS: Readonly<Record<AccountPage, PageForm>> = {
  'verify-email': {
    title: 'Confirm your address',
    button: 'Confirm',
    operation: '/api/auth/email/verify',
    inputsHtml: '',
    done: 'Your address is confirmed. You can log in now.',
  },
  'confirm-email-change': {
    title: 'Confirm your new address',
    button: 'Confirm',
    operation: '/api/auth/email/change/confirm',
    inputsHtml: '',
    done: 'Your account has the new address now.',
  },
  'reset-password': {
    title: 'Choose a new password',
    button: 'Change password',
    operation: '/api/auth/password/reset',
    inputsHtml: newPassword('new_password'),
    done: 'Your password is changed. Log in with it.',
  },
  'accept-invitation': {
    title: 'Welcome',
    button: 'Open my account',
    operation: '/api/auth/accept-invitation',
    inputsHtml: newPassword('password'),
    done: 'Your account is open. Log in with your address and this password.',
  },
  'set-up': {
    title: 'The first administrator',
    button: 'Make the administrator',
    operation: '/api/auth/set-up',
    inputsHtml: address('email') + newPassword('password'),
    done: 'The administrator is made. Log in with this address and password.',
  },
  'forgot-password': {
    title: 'Forgotten password',
    button: 'Send me a link',
    operation: '/api/auth/password/forgot',
    inputsHtml: address('email'),
    done: 'If there is an account with this address, a mail with a link is on its way.',
  },
};

// The token leaves the address bar and the history at once. Nothing happens before the button is pressed, because
// programs that look at links in mails open them too. A session that an answer brings is not for this page: it ends.
const SCRIPT = `
const form = document.querySelector('form');
const status = document.querySelector('[role=status]');
const token = new URLSearchParams(location.hash.slice(1)).get('token');
history.replaceState(null, '', location.pathname);
form.addEventListener('submit', async (event) => {
  event.preventDefault();
  const body = { ...(token && { token }), ...Object.fromEntries(new FormData(form)) };
  const send = (path, init) => window.fetch(path, { method: 'POST', credentials: 'omit', ...init });
  try {
    const headers = { 'content-type': 'application/json' };
    const response = await send(form.dataset.operation, { headers, body: JSON.stringify(body) });
    const answer = response.status === 204 ? {} : await response.json();
    if (answer.access_token) await send('/api/auth/logout', { headers: { authorization: 'Bearer ' + answer.access_token } });
    if (response.ok) form.hidden = true;
    status.textContent = response.ok ? form.dataset.done : (answer.errors?.[0]?.detail ?? answer.detail ?? answer.title);
  } catch {
    status.textContent = 'The server cannot be reached. Try again.';
  }
});
`;

/** Serves the pages below /account/. They hold no data and ask nothing of the database. */
export function serveAccountPages(fastify: FastifyInstance): void {
  for (const [page, form] of Object.entries(FORMS)) {
    fastify.get(`/account/${page}`, (_request, reply) => {
      const { html, headers } = plainPage(pageOf(form));
      return reply.headers(headers).send(html);
    });
  }
}

function pageOf({ title, button, operation, inputsHtml, done }: PageForm): PlainPage {
  return {
    title,
    bodyHtml:
      `<form data-operation="${operation}" data-done="${done}">${inputsHtml}<button>${button}</button></form>\n` +
      '<p role="status"></p>\n<noscript><p>This page needs JavaScript.</p></noscript>',
    script: SCRIPT,
  };
}
