import { readFileSync } from 'node:fs';

/** The part of a JSON schema that the document uses. */
export interface Schema {
  readonly $ref?: string;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly discriminator?: object;
  readonly type?: string;
  /** As `resolve` reads it from the type `null`. */
  readonly nullable?: boolean;
  readonly format?: string;
  readonly additionalProperties?: unknown;
  readonly description?: string;
  readonly examples?: readonly unknown[];
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
  /** Header fields, which have no place in a path, where parameters are tried out. */
  readonly headers: readonly Parameter[];
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
  readonly parameters?: readonly (Parameter | Reference)[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> };
  readonly responses: Readonly<Record<string, Response | Reference>>;
}

interface Reference {
  readonly $ref: string;
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, RawOperation>>>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, Schema>>;
    readonly responses: Readonly<Record<string, Response>>;
    readonly parameters: Readonly<Record<string, Parameter>>;
  };
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
    parameters: parametersOf(raw).filter((each) => each.in !== 'header'),
    headers: parametersOf(raw).filter((each) => each.in === 'header'),
    body: bodySchema(raw),
    responses: Object.fromEntries(
      Object.entries(raw.responses).map(([status, response]) => [status, component('responses', response)]),
    ),
  })),
);

function parametersOf({ parameters = [] }: RawOperation): Parameter[] {
  return parameters.map((each) => component('parameters', each));
}

/** What a reference names, or what stands there itself. */
function component<Kind extends 'responses' | 'parameters'>(
  kind: Kind,
  part: Document['components'][Kind][string] | Reference,
): Document['components'][Kind][string] {
  if (!('$ref' in part)) return part;
  const named = document.components[kind][part.$ref.split('/').at(-1) ?? ''];
  if (named === undefined) throw new Error(`${part.$ref} names nothing`);
  return named as Document['components'][Kind][string];
}

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

/** Follows references, takes what stands beside them along, and reads the type `null` as `nullable`. */
export function resolve({ $ref, anyOf, ...own }: Schema): Schema {
  const named = $ref === undefined ? {} : resolve(SCHEMAS[$ref.split('/').at(-1) ?? ''] ?? {});
  const [only, ...others] = (anyOf ?? []).filter(({ type }) => type !== 'null');
  const inner = only === undefined || others.length > 0 ? {} : { ...resolve(only), nullable: true };
  const types = [own.type ?? []].flat();
  const type = types.find((each) => each !== 'null');
  const isNullable = types.includes('null');
  return {
    ...named,
    ...inner,
    ...own,
    ...(type !== undefined && { type }),
    ...(isNullable && { nullable: true }),
  };
}

/** A value that the schema allows: its example, or the simplest one. */
export function sampleOf(reference: Schema): unknown {
  const schema = resolve(reference);
  if (schema.examples !== undefined) return schema.examples[0];
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
