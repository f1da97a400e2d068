// SPDX-License-Identifier: AGPL-3.0-or-later
'use strict';

/** The button that connects the app, the form that gives it a token by hand, and the button that takes it back. */
(() => {
  const { root, request, say, attempt } = window.VoiceAssistGateway;
  const panel = document.getElementById('voiceassist-connect');
  const begin = document.getElementById('voiceassist-begin');
  const form = document.getElementById('voiceassist-paste');
  const disconnect = document.getElementById('voiceassist-disconnect');
  const field = document.getElementById('voiceassist-token');

  /** How a connection ended that began with the button: the page was called with it. */
  const ENDS = {
    connected: 'Connected.',
    'connection-refused': 'The connection was not made here, took too long or was cancelled. Press Connect again.',
    'token-lacks-scope': 'Your VoiceAssist account may not do what this app needs.',
    'server-unreachable': 'The VoiceAssist server does not answer. Try again later.',
  };

  function show(isConnected) {
    root.dataset.connected = isConnected ? 'yes' : 'no';
    panel.hidden = isConnected || root.dataset.fault !== '';
    disconnect.hidden = !isConnected;
    for (const part of document.querySelectorAll('[data-needs-connection]')) part.hidden = !isConnected;
    document.dispatchEvent(new CustomEvent('voiceassist:connection', { detail: { isConnected } }));
  }

  function sayHowItEnded() {
    const end = new URLSearchParams(window.location.search).get('connection');
    if (end === null) return;
    window.history.replaceState(null, '', root.dataset.appUrl);
    say(ENDS[end] ?? 'The connection could not be made. Press Connect again.', { isFault: end !== 'connected' });
  }

  begin.addEventListener('click', () => {
    void attempt(begin, async () => {
      const { url } = await request('POST', 'connection/begin');
      window.location.assign(url);
    });
  });
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void attempt(form.querySelector('button'), async () => {
      const token = field.value;
      field.value = '';
      await request('POST', 'connection', { body: { token } });
      say('Connected.');
      show(true);
    });
  });
  disconnect.addEventListener('click', () => {
    void attempt(disconnect, async () => {
      await request('DELETE', 'connection');
      say('Disconnected. The app can no longer ask VoiceAssist for you.');
      show(false);
    });
  });
  document.addEventListener('voiceassist:refused', ({ detail }) => {
    if (detail.status === 409 && ['not-connected', 'token-refused'].includes(detail.code)) show(false);
  });
  // After the script of the app, which listens.
  const begun = () => {
    show(root.dataset.connected === 'yes');
    sayHowItEnded();
  };
  document.addEventListener('DOMContentLoaded', begun, { once: true });
})();
