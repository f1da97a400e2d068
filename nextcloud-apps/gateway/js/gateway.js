// SPDX-License-Identifier: AGPL-3.0-or-later
'use strict';

/**
 * What the pages of the VoiceAssist apps have in common. The page's own element carries the address of the app in
 * data-app-url. Everything that comes from the server is put into the page as text, never as HTML.
 */
window.VoiceAssistGateway = (() => {
  const root = document.getElementById('voiceassist');

  /** Text of one language: what the app can say of a problem by its code; else what the server says. */
  const WORDS = {
    'not-connected': 'Connect the app to your VoiceAssist account first.',
    'token-refused': 'VoiceAssist no longer accepts this connection. Press Connect again.',
    'insufficient-scope': 'The connection does not allow this. Disconnect, and press Connect again.',
    'account-not-linked':
      'No Nextcloud account is linked to your VoiceAssist account yet. Link it in VoiceAssist first.',
    'account-link-invalid':
      'VoiceAssist may no longer read your Nextcloud files. Link the account in VoiceAssist again.',
    'rate-limited': 'Too many requests.',
  };

  /** A request that was not answered as hoped; `message` is for people. */
  class Refusal extends Error {
    constructor({ status, code, message }) {
      super(message);
      this.status = status;
      this.code = code;
    }
  }

  function words(status, body, retryAfter) {
    if (status === 401) return 'Your session in Nextcloud has ended. Load the page again.';
    if (status === 412) return 'The page is too old. Load it again.';
    const said = WORDS[body.code] ?? body.detail ?? body.title ?? `The server answered with status ${status}.`;
    return retryAfter === null ? said : `${said} Try again in ${retryAfter} s.`;
  }

  async function json(response) {
    const text = await response.text();
    try {
      return JSON.parse(text) ?? {};
    } catch {
      return {};
    }
  }

  /**
   * Sends a request to the app.
   *
   * @param method GET, POST or DELETE
   * @param path below the app, e.g. api/documents
   * @param options query (object), body (sent as JSON), accepted (statuses besides 2xx that are no refusal)
   * @returns {Promise<object>} the document of the answer
   * @throws {Refusal}
   */
  async function request(method, path, { query = {}, body, accepted = [] } = {}) {
    const search = new URLSearchParams(query).toString();
    const headers = { accept: 'application/json', requesttoken: document.head.dataset.requesttoken };
    if (body !== undefined) headers['content-type'] = 'application/json';
    let response;
    try {
      response = await window.fetch(root.dataset.appUrl + path + (search === '' ? '' : `?${search}`), {
        method,
        headers,
        body: body === undefined ? undefined : JSON.stringify(body),
        redirect: 'error',
      });
    } catch {
      throw new Refusal({ status: 0, code: 'unreachable', message: 'Nextcloud does not answer.' });
    }
    const document_ = await json(response);
    if (response.ok || accepted.includes(response.status)) return document_;
    const message = words(response.status, document_, response.headers.get('retry-after'));
    throw new Refusal({ status: response.status, code: document_.code, message });
  }

  /** A new element with a text, attributes and children. */
  function element(name, { text, children = [], ...attributes } = {}) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    if (text !== undefined) made.textContent = text;
    made.append(...children);
    return made;
  }

  /** Says something in the status line, which screen readers read out. */
  function say(text, { isFault = false } = {}) {
    const line = document.getElementById('voiceassist-status');
    line.textContent = text;
    line.classList.toggle('voiceassist-fault', isFault);
  }

  /** Runs work behind a button: one at a time, and a refusal is said. */
  async function attempt(button, work) {
    button.disabled = true;
    try {
      await work();
    } catch (refusal) {
      if (!(refusal instanceof Refusal)) throw refusal;
      say(refusal.message, { isFault: true });
      document.dispatchEvent(new CustomEvent('voiceassist:refused', { detail: refusal }));
    } finally {
      button.disabled = false;
    }
  }

  /** A table row of texts. */
  function row(texts, cell = 'td') {
    return element('tr', { children: texts.map((text) => element(cell, { text })) });
  }

  return Object.freeze({ root, request, element, say, attempt, row });
})();
