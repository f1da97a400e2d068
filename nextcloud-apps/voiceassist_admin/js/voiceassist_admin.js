// SPDX-License-Identifier: AGPL-3.0-or-later
'use strict';

/** Shows whether the server is up, its way to Nextcloud, the work of all users and the jobs of the connected account. */
(() => {
  const { root, request, element, say, attempt, row } = window.VoiceAssistGateway;
  const UNAVAILABLE = 503;
  const STATES = { ready: 'Ready', degraded: 'Ready, without all it could have', not_ready: 'Not ready' };
  const STATUS = { up: 'up', down: 'DOWN', not_configured: 'not configured' };

  const health = document.getElementById('voiceassist-health');
  const dependencies = document.getElementById('voiceassist-dependencies');
  const refresh = document.getElementById('voiceassist-refresh');
  const examine = document.getElementById('voiceassist-examine');
  const summary = document.getElementById('voiceassist-doctor-summary');
  const findings = document.getElementById('voiceassist-findings');
  const jobs = document.getElementById('voiceassist-jobs');
  const noJobs = document.getElementById('voiceassist-no-jobs');
  const open = document.getElementById('voiceassist-open');
  const idle = document.getElementById('voiceassist-idle');
  const failures = document.getElementById('voiceassist-failures');
  const noFailures = document.getElementById('voiceassist-no-failures');

  function dependencyRow([name, { status, required, response_time_ms: time }]) {
    return row([name, STATUS[status] ?? status, required ? 'yes' : 'no', status === 'up' ? `${time} ms` : '']);
  }

  async function showHealth() {
    const { version, uptime } = await request('GET', 'api/health');
    // 503 is the answer of a server that runs and is not ready: it says why.
    const readiness = await request('GET', 'api/ready', { accepted: [UNAVAILABLE] });
    if (readiness.details === undefined) throw new Error('GET /ready answered without details');
    const hours = Math.floor(uptime / 3600);
    health.textContent = `${STATES[readiness.status] ?? readiness.status}. Version ${version}, up for ${hours} h.`;
    health.classList.toggle('voiceassist-fault', readiness.status !== 'ready');
    dependencies.tBodies[0].replaceChildren(...Object.entries(readiness.details).map(dependencyRow));
    dependencies.hidden = false;
  }

  function time(text) {
    return text === null ? '' : new Date(text).toLocaleString();
  }

  function jobRow({ kind, state, progress, problem_code: problem, created_at: made, finished_at: ended }) {
    const counters = Object.entries(progress).map(([name, count]) => `${name.replaceAll('_', ' ')} ${count}`);
    return row([kind, problem === null ? state : `${state}: ${problem}`, counters.join(', '), time(made), time(ended)]);
  }

  async function showJobs() {
    const { jobs: listed } = await request('GET', 'api/jobs');
    jobs.tBodies[0].replaceChildren(...listed.map(jobRow));
    jobs.hidden = listed.length === 0;
    noJobs.hidden = listed.length > 0;
  }

  function fill(table, instead, rows) {
    table.tBodies[0].replaceChildren(...rows);
    table.hidden = rows.length === 0;
    instead.hidden = rows.length > 0;
  }

  async function showWork() {
    const work = await request('GET', 'api/admin/jobs');
    const openRow = ({ kind, running, queued, waiting, longest_wait_seconds: seconds }) =>
      row([kind, running, queued, queued > 0 ? `${seconds} s` : '', waiting]);
    const failureRow = ({ kind, problem_code: code, count, users, last_at: last }) =>
      row([kind, code, count, users, time(last)]);
    fill(open, idle, work.open.map(openRow));
    fill(failures, noFailures, work.failures.map(failureRow));
  }

  /** A check that found something: what, why, and what to do. */
  function finding({ title, status, cause, fix }) {
    const texts = [cause, fix].filter((text) => text !== null);
    return [
      element('dt', { text: `${status === 'fault' ? 'FAULT' : 'Warning'}: ${title}` }),
      ...texts.map((text) => element('dd', { text })),
    ];
  }

  async function showFindings() {
    say('Checking…');
    const { checks, summary: count } = await request('GET', 'api/integrations/nextcloud/doctor');
    const found = checks.filter(({ status }) => status === 'fault' || status === 'warning');
    summary.textContent = `${count.ok} checks passed, ${count.warnings} warnings, ${count.faults} faults, ${count.skipped} skipped.`;
    findings.replaceChildren(...found.flatMap(finding));
    say('Checked.');
  }

  async function showAll() {
    await showHealth();
    if (root.dataset.connected === 'yes') {
      await showWork();
      await showJobs();
    }
    say(`As of ${new Date().toLocaleTimeString()}.`);
  }

  refresh.addEventListener('click', () => void attempt(refresh, showAll));
  examine.addEventListener('click', () => void attempt(examine, showFindings));
  document.addEventListener('voiceassist:connection', () => {
    if (root.dataset.fault === '') void attempt(refresh, showAll);
  });
})();
