// How the reference app reads schemas, on the OpenAPI document of this server.
import { describe, expect, it } from '@jest/globals';
import { createContext, runInContext } from 'node:vm';
import { readText } from '../architecture/source-files.ts';
import { appText } from './app-sources.ts';

interface Member {
  readonly name: string;
  readonly isRequired: boolean;
}
interface SchemaReader {
  describe(schema: object, schemas: object): string;
  members(schema: object, schemas: object): Member[];
  example(schema: object, schemas: object): unknown;
}

const { components } = JSON.parse(readText('docs/openapi.json')) as { components: { schemas: Record<string, object> } };
const { schemas } = components;
const window: { VoiceAssistSchema?: SchemaReader } = {};
runInContext(appText('voiceassist_docs/js/schema.js'), createContext({ window }));
const reader = window.VoiceAssistSchema!;

/** Values of another realm as values of this one. */
const own = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

describe('the schemas of the reference app', () => {
  it.each(Object.keys(schemas))('Q3: %s is described, with its members and an example', (name) => {
    const schema = { $ref: `#/components/schemas/${name}` };
    expect(reader.describe(schema, schemas)).toMatch(/\w/);
    expect(reader.members(schema, schemas).every((member) => member.name !== '')).toBe(true);
    expect(reader.example(schema, schemas)).toBeDefined();
  });

  it('Q3: a question and its answer are described to the last member', () => {
    const question = { $ref: '#/components/schemas/QueryRequest' };
    const names = own(reader.members(question, schemas)) as Member[];
    expect(names.map(({ name, isRequired }) => [name, isRequired])).toEqual([
      ['query', true],
      ['top_k', false],
      ['filters', false],
      ['filters.source_types', false],
      ['filters.document_ids', false],
    ]);
    expect(own(reader.example({ $ref: '#/components/schemas/AnswerResponse' }, schemas))).toMatchObject({
      citations: [{ number: 1, page: 12 }],
      retrieval: { degraded: expect.any(Boolean) as unknown },
    });
  });

  it('Q3: a schema that holds itself comes to an end', () => {
    const tree = { Node: { type: 'object', properties: { child: { $ref: '#/components/schemas/Node' } } } };
    const node = { $ref: '#/components/schemas/Node' };
    expect(reader.members(node, tree).length).toBeLessThan(10);
    expect(own(reader.example(node, tree))).toHaveProperty('child.child.child');
  });
});
