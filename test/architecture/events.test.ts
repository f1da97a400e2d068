// Who emits a domain event and who listens is the table in docs/architecture.md; nobody has to search for it.
import { describe, expect, it } from '@jest/globals';
import { readText, sourceFiles } from './source-files.ts';

interface EventRow {
  readonly event: string;
  readonly emitters: string;
  readonly listeners: string;
}

const PAYLOADS = /interface DomainEventPayloads \{(?<body>[\s\S]*?)\n\}/;
const EMIT = /\bevents\.emit\(\s*em,\s*'(?<event>[^']+)'/g;
const ON = /\bevents\.on\(\s*'(?<event>[^']+)'/g;

/** Names of the classes whose files hold a call with the event, as the table writes them. */
function classesThat(call: RegExp, event: string): string {
  const names = sourceFiles('src')
    .filter(({ text }) => [...text.matchAll(call)].some(({ groups }) => groups?.['event'] === event))
    .map(({ text }) => /@Injectable\(\)\nexport class (?<name>\w+)/.exec(text)?.groups?.['name'] ?? 'no class');
  return names.length === 0 ? 'none' : names.map((name) => `\`${name}\``).join(', ');
}

function documentedRows(): EventRow[] {
  const section = readText('docs/architecture.md').split('\n## Events\n')[1]?.split('\n## ')[0] ?? '';
  return [...section.matchAll(/^\| `(?<event>[a-z.]+)` *\|(?<emitters>[^|]*)\|(?<listeners>[^|]*)\|$/gm)].map(
    ({ groups }) => ({
      event: groups?.['event'] ?? '',
      emitters: groups?.['emitters']?.trim() ?? '',
      listeners: groups?.['listeners']?.trim() ?? '',
    }),
  );
}

describe('domain events', () => {
  it('are documented with their emitters and listeners', () => {
    const body = PAYLOADS.exec(readText('src/changes/domain-events.ts'))?.groups?.['body'] ?? '';
    const events = [...body.matchAll(/'(?<event>[a-z.]+)':/g)].map(({ groups }) => groups?.['event'] ?? '');
    expect(events.length).toBeGreaterThan(0);
    const actual = events.map((event) => ({
      event,
      emitters: classesThat(EMIT, event),
      listeners: classesThat(ON, event),
    }));
    expect(documentedRows()).toEqual(actual);
    expect(actual.filter(({ emitters }) => emitters === 'none')).toEqual([]);
  });
});
