import type { OpenAPIObject } from '@nestjs/swagger';
import { SharedComponents, operationsOf, type OperationObject, type Reference } from './openapi-components.ts';

type ParameterObject = Extract<NonNullable<OperationObject['parameters']>[number], { name: string }>;

/** The part of a schema that is looked at. */
interface SchemaObject {
  $ref?: string;
  type?: string | string[];
  allOf?: SchemaObject[];
  additionalProperties?: unknown;
  example?: unknown;
  examples?: unknown[];
}

type Visit = (schema: SchemaObject) => void;

/** Members whose value is data and holds no schema. */
const DATA = new Set(['example', 'examples', 'default', 'const', 'enum', 'x-nextcloud-app']);
/** Members whose value is a map from names to schemas. */
const NAMED_SCHEMAS = new Set(['schemas', 'properties']);

/**
 * Completes what the framework generates: examples in the form of JSON Schema 2020-12, plain references, and no unknown
 * members in the objects of request bodies, which the validation refuses (422).
 */
export function refineSchemas(document: OpenAPIObject): void {
  const schemas = (document.components?.schemas ?? {}) as Record<string, SchemaObject>;
  for (const name of schemasOfRequests(document, schemas)) {
    const schema = schemas[name];
    if (schema?.type === 'object') schema.additionalProperties = false;
  }
  forEachSchema(document, refine);
}

/** Keeps a parameter once that several operations have, and refers to it. */
export function shareParameters(document: OpenAPIObject): void {
  const operations = operationsOf(document);
  const all = operations.flatMap(({ parameters = [] }) => parameters.map((each) => JSON.stringify(each)));
  const repeated = new Set(all.filter((each, index) => all.indexOf(each) !== index));
  const shared = new SharedComponents<ParameterObject>('parameters');
  const share = (each: ParameterObject): Reference | ParameterObject =>
    repeated.has(JSON.stringify(each)) ? shared.add(each.name, each) : each;
  for (const operation of operations) {
    operation.parameters = (operation.parameters ?? []).map((each) => ('name' in each ? share(each) : each));
  }
  document.components = { ...document.components, parameters: shared.components };
}

function refine(schema: SchemaObject): void {
  if (schema.example !== undefined) {
    schema.examples = [schema.example];
    delete schema.example;
  }
  const [only, ...others] = schema.allOf ?? [];
  // A reference may have members beside it since OpenAPI 3.1.
  if (only?.$ref !== undefined && others.length === 0) {
    schema.$ref = only.$ref;
    delete schema.allOf;
    delete schema.type;
  }
}

/** Names of the schemas that request bodies are made of, however deep. */
function schemasOfRequests(document: OpenAPIObject, schemas: Record<string, SchemaObject>): ReadonlySet<string> {
  const names = new Set<string>();
  const collect: Visit = ({ $ref }) => {
    const name = $ref?.split('/').at(-1);
    if (name === undefined || names.has(name)) return;
    names.add(name);
    forEachSchema(schemas[name], collect, true);
  };
  for (const { requestBody } of operationsOf(document)) forEachSchema(requestBody, collect);
  return names;
}

/** Visits every schema in a part of the document, the inner ones first. */
function forEachSchema(node: unknown, visit: Visit, isSchema = false): void {
  if (Array.isArray(node)) {
    for (const each of node) forEachSchema(each, visit, isSchema);
    return;
  }
  if (typeof node !== 'object' || node === null) return;
  for (const [key, value] of Object.entries(node)) {
    if (DATA.has(key)) continue;
    if (!NAMED_SCHEMAS.has(key)) forEachSchema(value, visit, isSchema || key === 'schema');
    else for (const each of Object.values(value as object)) forEachSchema(each, visit, true);
  }
  if (isSchema) visit(node);
}
