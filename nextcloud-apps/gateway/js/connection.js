// SPDX-License-Identifier: AGPL-3.0-or-later
'use strict';

/** The form that gives the app a token, and the button that takes it back. */
(() => {
  const { root, request, say, attempt } = window.VoiceAssistGateway;
  const form = document.getElementById('voiceassist-connect');
  const disconnect = document.getElementById('voiceassist-disconnect');
  const field = document.getElementById('voiceassist-token');

  function show(isConnected) {
    root.dataset.connected = isConnected ? 'yes' : 'no';
    form.hidden = isConnected || root.dataset.fault !== '';
    disconnect.hidden = !isConnected;
    for (const part of document.querySelectorAll('[data-needs-connection]')) part.hidden = !isConnected;
    document.dispatchEvent(new CustomEvent('voiceassist:connection', { detail: { isConnected } }));
  }

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
      say('Disconnected. Delete the token in VoiceAssist too when you need it no more.');
      show(false);
    });
  });
  document.addEventListener('voiceassist:refused', ({ detail }) => {
    if (detail.status === 409 && ['not-connected', 'token-refused'].includes(detail.code)) show(false);
  });
  // After the script of the app, which listens.
  document.addEventListener('DOMContentLoaded', () => show(root.dataset.connected === 'yes'), { once: true });
})();
