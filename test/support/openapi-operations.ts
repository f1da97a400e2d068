import { readFileSync } from 'node:fs';

/** The part of a JSON schema that the document uses. */
export interface Schema {
  readonly $ref?: string;
  readonly allOf?: readonly Schema[];
  readonly type?: string;
  readonly format?: string;
  readonly nullable?: boolean;
  readonly description?: string;
  readonly example?: unknown;
  readonly enum?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly maxItems?: number;
  readonly pattern?: string;
  readonly items?: Schema;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
}

/** A parameter of an operation. */
export interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly description?: string;
  readonly schema?: Schema;
}

interface Response {
  readonly description?: string;
  readonly content?: Readonly<Record<string, { schema?: Schema; examples?: Readonly<Record<string, unknown>> }>>;
}

/** One operation of the document. */
export interface Operation {
  /** For example `GET /api/users/{user_id}`. */
  readonly name: string;
  readonly method: string;
  readonly path: string;
  readonly operationId: string | undefined;
  readonly summary: string | undefined;
  readonly isPublic: boolean;
  readonly isAdminOnly: boolean;
  /** What a personal access token needs; undefined where none opens the operation. */
  readonly requiredScope: string | undefined;
  readonly parameters: readonly Parameter[];
  /** Resolved; undefined when the operation takes no body, or one of any kind. */
  readonly body: Schema | undefined;
  readonly responses: Readonly<Record<string, Response>>;
}

interface RawOperation {
  readonly operationId?: string;
  readonly summary?: string;
  readonly security?: readonly unknown[];
  readonly 'x-required-scope'?: string;
  readonly 'x-admin-only'?: boolean;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> };
  readonly responses: Readonly<Record<string, Response>>;
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, RawOperation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

// The file and not the running application: what decorators leave to the compiler is only in a build.
const document = JSON.parse(readFileSync(new URL('../../docs/openapi.json', import.meta.url), 'utf8')) as Document;

/** Every schema of the document by name. */
export const SCHEMAS = document.components.schemas;

/** Every operation of docs/openapi.json, which the check of generated files keeps equal to the served document. */
export const OPERATIONS: readonly Operation[] = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, raw]) => ({
    name: `${method.toUpperCase()} ${path}`,
    method: method.toUpperCase(),
    path,
    operationId: raw.operationId,
    summary: raw.summary,
    isPublic: raw.responses['401'] === undefined || raw.security?.length === 0,
    isAdminOnly: raw['x-admin-only'] === true,
    requiredScope: raw['x-required-scope'],
    // A header field has no place in a path, which is where parameters are tried out.
    parameters: (raw.parameters ?? []).filter((each) => each.in !== 'header'),
    body: bodySchema(raw),
    responses: raw.responses,
  })),
);

function bodySchema({ requestBody }: RawOperation): Schema | undefined {
  const [schema] = Object.values(requestBody?.content ?? {}).map((each) => resolve(each.schema));
  // Bytes of any kind, or whatever a sender likes to tell: nothing in it can be wrong.
  const isFree = schema?.format === 'binary' || (schema?.type === 'object' && schema.properties === undefined);
  return isFree ? undefined : schema;
}

/** The problem codes that an operation declares. */
export function declaredCodes({ responses }: Operation): string[] {
  return Object.values(responses).flatMap(examplesOf);
}

/** Follows references and merges allOf, one level deep. */
export function resolve(schema: Schema): Schema {
  if (schema.$ref !== undefined) return resolve(SCHEMAS[schema.$ref.split('/').at(-1) ?? ''] ?? {});
  if (schema.allOf !== undefined) return Object.assign({}, ...schema.allOf.map(resolve), { ...schema }) as Schema;
  return schema;
}

/** A value that the schema allows: its example, or the simplest one. */
export function sampleOf(reference: Schema): unknown {
  const schema = resolve(reference);
  if (schema.example !== undefined) return schema.example;
  if (schema.enum !== undefined) return schema.enum[0];
  if (schema.properties !== undefined) return sampleBody(schema);
  if (schema.format === 'uuid') return '0199c2d4-7f0e-7c51-9f65-0d0c3a1b2e4f';
  return { string: 'word', integer: 1, number: 1, boolean: true, array: [], object: {} }[schema.type ?? 'string'];
}

/** A body with every property. */
export function sampleBody(schema: Schema): Record<string, unknown> {
  return Object.fromEntries(Object.entries(schema.properties ?? {}).map(([name, each]) => [name, sampleOf(each)]));
}

function examplesOf(response: Response | undefined): string[] {
  return Object.keys(response?.content?.['application/problem+json']?.examples ?? {});
}
