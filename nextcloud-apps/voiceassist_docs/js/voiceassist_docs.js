// SPDX-License-Identifier: AGPL-3.0-or-later
'use strict';

/** Shows the OpenAPI document of the server as a reference. */
(() => {
  const { root, request, element, say, attempt, row } = window.VoiceAssistGateway;
  const { describe, members, example } = window.VoiceAssistSchema;
  const METHODS = ['get', 'post', 'put', 'patch', 'delete', 'head'];

  const reference = document.getElementById('voiceassist-reference');
  const description = document.getElementById('voiceassist-description');
  const filter = document.getElementById('voiceassist-filter');
  const count = document.getElementById('voiceassist-count');
  const operations = document.getElementById('voiceassist-operations');

  /** Who may call an operation. */
  function access(operation, document_) {
    const scope = operation['x-required-scope'];
    if (scope !== undefined) return `A session, or a personal access token with ${scope}.`;
    const needs = operation.security ?? document_.security ?? [];
    return needs.length === 0 ? 'Open to everybody.' : 'A session only.';
  }

  /** A text of the document, whose `code` is set as such; a link keeps its words. */
  function prose(name, text, attributes = {}) {
    const pieces = text.replace(/\[([^\]]+)\]\([^)]+\)/g, '$1').split(/`([^`]+)`/);
    const children = pieces.map((piece, index) => (index % 2 === 1 ? element('code', { text: piece }) : piece));
    return element(name, { ...attributes, children });
  }

  function table(headings, rows) {
    const head = element('thead', { children: [row(headings, 'th')] });
    const body = element('tbody', { children: rows });
    return element('table', { children: [head, body] });
  }

  function section(heading, ...children) {
    return element('section', { children: [element('h4', { text: heading }), ...children] });
  }

  function parameterTable(operation, schemas) {
    const rows = operation.parameters.map((parameter) => {
      const needed = parameter.required ? 'yes' : 'no';
      const schema = parameter.schema ?? {};
      return row([parameter.name, parameter.in, needed, describe(schema, schemas), parameter.description ?? '']);
    });
    return section('Parameters', table(['Name', 'In', 'Required', 'Type', 'Meaning'], rows));
  }

  function schemaSection(heading, schema, schemas) {
    const rows = members(schema, schemas).map(({ name, schema: member, isRequired }) =>
      row([name, isRequired ? 'yes' : 'no', describe(member, schemas), member.description ?? '']),
    );
    const sample = element('pre', { text: JSON.stringify(example(schema, schemas), null, 2), tabindex: '0' });
    const shape =
      rows.length > 0
        ? table(['Member', 'Required', 'Type', 'Meaning'], rows)
        : element('p', { text: describe(schema, schemas) });
    return section(heading, shape, element('h5', { text: 'Example' }), sample);
  }

  function mediaTypes(part) {
    return Object.entries(part.content ?? {}).filter(([, { schema }]) => schema !== undefined);
  }

  /** What a response means; for a problem the codes that it may have. */
  function meaning(response) {
    const codes = Object.keys(response.content?.['application/problem+json']?.examples ?? {});
    const text = response.description ?? '';
    return codes.length === 0 ? text : `${text}: ${codes.map((code) => `\`${code}\``).join(', ')}`;
  }

  function responseSections(operation, schemas) {
    const all = Object.entries(operation.responses ?? {});
    const rows = all.map(([status, response]) =>
      element('tr', {
        children: [element('td', { text: status }), prose('td', meaning(response))],
      }),
    );
    const bodies = all
      .filter(([status]) => status.startsWith('2'))
      .flatMap(([status, response]) =>
        mediaTypes(response).map(([type, { schema }]) => schemaSection(`Answer ${status} (${type})`, schema, schemas)),
      );
    return [section('Answers', table(['Status', 'Meaning'], rows)), ...bodies];
  }

  /** The inside of an operation, made when it is opened first: there are many. */
  function details({ operation, document_ }) {
    const schemas = document_.components?.schemas ?? {};
    const parts = [element('p', { text: access(operation, document_) })];
    if (operation.description) parts.push(prose('p', operation.description, { class: 'voiceassist-text' }));
    if (operation.parameters?.length > 0) parts.push(parameterTable(operation, schemas));
    for (const [type, { schema }] of mediaTypes(operation.requestBody ?? {})) {
      parts.push(schemaSection(`Body (${type})`, schema, schemas));
    }
    return [...parts, ...responseSections(operation, schemas)];
  }

  function operationElement(entry) {
    const { method, path, operation } = entry;
    const title = element('summary', {
      children: [
        element('code', { text: `${method.toUpperCase()} ${path}` }),
        element('span', { text: ` ${operation.summary ?? ''}` }),
      ],
    });
    const made = element('details', { children: [title] });
    made.dataset.searched = [method, path, operation.summary, operation['x-required-scope'], ...(operation.tags ?? [])]
      .join(' ')
      .toLowerCase();
    made.addEventListener('toggle', () => made.append(...details(entry)), { once: true });
    return made;
  }

  /** What a reference to a component names, or what stands there itself. */
  function component(kind, part, document_) {
    const start = `#/components/${kind}/`;
    return part.$ref?.startsWith(start) ? (document_.components[kind]?.[part.$ref.slice(start.length)] ?? {}) : part;
  }

  function withComponents(operation, document_) {
    const responses = Object.entries(operation.responses ?? {});
    return {
      ...operation,
      parameters: operation.parameters?.map((part) => component('parameters', part, document_)),
      responses: Object.fromEntries(responses.map(([key, part]) => [key, component('responses', part, document_)])),
    };
  }

  function entries(document_) {
    return Object.entries(document_.paths ?? {}).flatMap(([path, item]) =>
      METHODS.filter((method) => item[method] !== undefined).map((method) => ({
        method,
        path,
        operation: withComponents(item[method], document_),
        tag: item[method].tags?.[0] ?? 'other',
        document_,
      })),
    );
  }

  function show(document_) {
    const all = entries(document_);
    const ordered = (document_.tags ?? []).map(({ name }) => name);
    const tags = [...new Set([...ordered, ...all.map(({ tag }) => tag)])];
    // The first paragraph; the rest tells how to use Swagger UI.
    const [about = ''] = (document_.info.description ?? '').split('\n\n');
    description.textContent = `${document_.info.title} ${document_.info.version}. ${about}`;
    operations.replaceChildren(
      ...tags.map((tag) => {
        const own = all.filter((entry) => entry.tag === tag);
        return element('section', { children: [element('h3', { text: tag }), ...own.map(operationElement)] });
      }),
    );
    reference.hidden = false;
    applyFilter();
  }

  function applyFilter() {
    const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const made of operations.querySelectorAll('details')) {
      made.hidden = !words.every((word) => made.dataset.searched.includes(word));
      if (!made.hidden) shown += 1;
    }
    for (const tag of operations.querySelectorAll('#voiceassist-operations > section')) {
      tag.hidden = tag.querySelector('details:not([hidden])') === null;
    }
    count.textContent = shown === 1 ? '1 operation' : `${shown} operations`;
  }

  filter.addEventListener('input', applyFilter);
  if (root.dataset.fault === '') {
    say('Loading…');
    void attempt(filter, async () => {
      show(await request('GET', 'api/openapi.json'));
      say('');
    });
  }
})();
