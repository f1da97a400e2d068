// SPDX-License-Identifier: AGPL-3.0-or-later
'use strict';

/** Asks a question and lists what the answer quotes. */
(() => {
  const { root, request, element, say, attempt } = window.VoiceAssistGateway;
  const LISTED_DOCUMENTS = 50;
  const FIRST_POLL_MS = 1_000;
  const LONGEST_POLL_MS = 10_000;
  const OPEN_STATES = ['queued', 'running'];

  const form = document.getElementById('voiceassist-question');
  const question = document.getElementById('voiceassist-query');
  const answer = document.getElementById('voiceassist-answer');
  const heading = document.getElementById('voiceassist-answer-heading');
  const answerText = document.getElementById('voiceassist-answer-text');
  const degraded = document.getElementById('voiceassist-degraded');
  const citations = document.getElementById('voiceassist-citations');
  const summary = document.getElementById('voiceassist-documents-summary');
  const documents = document.getElementById('voiceassist-documents');
  const scan = document.getElementById('voiceassist-scan');

  /** The file in the Files app, in its folder. */
  function linkToFile(path, title) {
    const cut = path.lastIndexOf('/');
    const place = new URLSearchParams({ dir: path.slice(0, cut) || '/', scrollto: path.slice(cut + 1) });
    return element('a', { text: title, href: `${root.dataset.filesUrl}?${place}` });
  }

  function citationItem(citation) {
    const where = citation.page === null ? citation.path : `${citation.path}, page ${citation.page}`;
    return element('li', {
      value: citation.number,
      children: [
        linkToFile(citation.path, citation.title),
        element('p', { text: where, class: 'voiceassist-place' }),
        element('blockquote', { text: citation.quoted_text }),
      ],
    });
  }

  function showAnswer(body) {
    answerText.textContent = body.answer;
    degraded.hidden = !body.retrieval.degraded;
    citations.replaceChildren(...body.citations.map(citationItem));
    answer.hidden = false;
    heading.focus();
  }

  function documentItem({ title, path, state, reason }) {
    const stands = reason === null ? state : `${state}: ${reason}`;
    return element('li', { children: [linkToFile(path, title), element('span', { text: ` (${stands})` })] });
  }

  /** What can be asked about; what still waits to be read is counted and not listed. */
  async function showDocuments() {
    const body = await request('GET', 'api/documents', { query: { limit: LISTED_DOCUMENTS } });
    const read = body.documents.filter(({ state }) => state !== 'pending');
    const waiting = body.documents.length - read.length;
    const more = body.next_cursor === null ? '' : ' The newest are listed; there are more.';
    const rest = waiting === 0 ? '' : ` ${waiting} of the newest wait to be read.`;
    summary.textContent = body.documents.length === 0 ? 'None yet.' : `${read.length} listed.${rest}${more}`;
    documents.replaceChildren(...read.map(documentItem));
  }

  /** How far a scan is, in words. */
  function progressOf({ state, progress, jobs_ahead: ahead, problem_code: problem }) {
    if (problem !== null) return `The scan waits (${problem}) and is tried again by itself.`;
    if (state === 'queued' && ahead > 0) return `The scan waits for its turn: ${ahead} before it.`;
    const { files_discovered: found = 0, files_pending: pending } = progress;
    if (pending === undefined) return found === 0 ? 'Looking for new documents…' : `Looking: ${found} documents found.`;
    return `Reading: ${found - pending} of ${found} documents done.`;
  }

  /** Follows a scan to its end, and asks less and less often. */
  async function ended(id) {
    let shown = -1;
    for (let pause = FIRST_POLL_MS; ; pause = Math.min(pause * 1.5, LONGEST_POLL_MS)) {
      const job = await request('GET', `api/jobs/${id}`);
      if (!OPEN_STATES.includes(job.state)) return job;
      say(progressOf(job));
      const done = job.progress.files_indexed ?? 0;
      if (done > shown) await showDocuments();
      shown = Math.max(shown, done);
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }

  async function lookForDocuments() {
    say('Looking for new documents…');
    const begun = await request('POST', 'api/integrations/files/scan-and-index', { query: { wait: 0 } });
    const job = await ended(begun.job_id);
    await showDocuments();
    if (job.state === 'succeeded') say('The index is up to date.');
    else say(`The scan has ${job.state} (${job.problem_code ?? 'no reason given'}).`, { isFault: true });
  }

  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void attempt(form.querySelector('button'), async () => {
      say('Searching your documents…');
      answer.hidden = true;
      showAnswer(await request('POST', 'api/realtime/query', { body: { query: question.value } }));
      say('Answered.');
    });
  });
  scan.addEventListener('click', () => void attempt(scan, lookForDocuments));
  document.addEventListener('voiceassist:connection', ({ detail }) => {
    answer.hidden = true;
    if (detail.isConnected) void attempt(scan, showDocuments);
  });
})();
