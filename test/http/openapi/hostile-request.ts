import fc from 'fast-check';
import type { RawRequest } from '../../support/raw-request.ts';
import {
  resolve,
  sampleBody,
  sampleOf,
  type Operation,
  type Parameter,
  type Schema,
} from '../../support/openapi-operations.ts';

/** A request with one thing wrong, or one thing odd. */
export interface HostileRequest {
  readonly request: RawRequest;
  /** What was done, for the message of a failed test. */
  readonly what: string;
  /** True when the document forbids it; false when it may happen to be allowed. */
  readonly isForbidden: boolean;
  /** What a validation problem must name. */
  readonly field: { readonly pointer: string } | { readonly parameter: string } | undefined;
}

const JSON_TYPE = { 'content-type': 'application/json' };
/** Stands for a number that no double can hold, which JSON.stringify cannot write. */
const TOO_LARGE = '@too-large@';
const DEEP = 20_000;

/** Text that is no use to anybody but must do no harm. */
const ODD_TEXTS = [
  '',
  ' ',
  '\u0000',
  'a\u0000b',
  '\u0001\u001b[31m\r\nx: y',
  '\ud800',
  'a\udfffb',
  '\u202etxt.exe',
  '__proto__',
  'constructor',
  'toString',
  "' or 1=1; --",
  '${7*7}{{7*7}}',
  '../../../../etc/passwd',
  '%00%2e%2e%2f',
  'null',
  'NaN',
  '-0',
  '🩺'.repeat(100),
  'x'.repeat(1000),
];

const anyText = fc.oneof(
  fc.constantFrom(...ODD_TEXTS),
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.string({ unit: 'grapheme', maxLength: 300 }),
);

/** Bodies that are no JSON object, or no JSON, or not said to be. */
export const WRONG_BODIES: readonly {
  what: string;
  body: string | Buffer;
  headers?: Record<string, string>;
  status: number[];
}[] = [
  { what: 'broken JSON', body: '{"email": ', status: [400] },
  { what: 'JSON with a trailing comma', body: '{"email":"a",}', status: [400] },
  { what: 'an empty body', body: '', status: [400, 422] },
  { what: 'bytes that are no UTF-8', body: Buffer.from([0x7b, 0xff, 0xfe, 0x7d]), status: [400, 422] },
  { what: 'an array', body: '[{}]', status: [422] },
  { what: 'a string', body: '"text"', status: [422] },
  { what: 'a number', body: '7', status: [422] },
  { what: 'null', body: 'null', status: [400, 422] },
  { what: '__proto__', body: '{"__proto__":{"is_admin":true}}', status: [400] },
  { what: 'an escaped __proto__', body: '{"\\u005f_proto__":{"is_admin":true}}', status: [400] },
  { what: 'constructor.prototype', body: '{"constructor":{"prototype":{"is_admin":true}}}', status: [400] },
  {
    what: 'deep nesting of an unknown field',
    body: `{"a":${'['.repeat(DEEP)}${']'.repeat(DEEP)}}`,
    status: [400, 422],
  },
  { what: 'deep nesting of objects', body: `${'{"a":'.repeat(DEEP)}1${'}'.repeat(DEEP)}`, status: [400, 422] },
  { what: 'more than a megabyte', body: `{"a":"${'x'.repeat(1_200_000)}"}`, status: [413] },
  { what: 'a form', body: 'email=a', headers: { 'content-type': 'application/x-www-form-urlencoded' }, status: [415] },
  { what: 'XML', body: '<a/>', headers: { 'content-type': 'application/xml' }, status: [415] },
  { what: 'text', body: '{}', headers: { 'content-type': 'text/plain' }, status: [400, 415, 422] },
  {
    what: 'a binary body',
    body: '{}',
    headers: { 'content-type': 'application/octet-stream' },
    status: [400, 415, 422],
  },
  { what: 'a broken content type', body: '{}', headers: { 'content-type': ';;;' }, status: [400, 415] },
];

/** The request with nothing wrong, on a resource that does not exist. */
export function soundRequest(operation: Operation): RawRequest {
  return {
    method: operation.method,
    path: pathOf(operation, {}),
    headers: operation.body ? JSON_TYPE : {},
    body: operation.body && JSON.stringify(sampleBody(operation.body)),
  };
}

/** Requests of an operation that its document forbids, each for one reason. */
export function forbiddenRequests(operation: Operation): fc.Arbitrary<HostileRequest> {
  const bodies = operation.body ? forbiddenBodies(operation, operation.body) : [];
  const parameters = operation.parameters.flatMap((each) => forbiddenParameters(operation, each));
  const unknown = operation.parameters.some((each) => each.in === 'query') ? [unknownParameter(operation)] : [];
  return fc.oneof(...bodies, ...parameters, ...unknown);
}

/** Requests of an operation with odd values that may be allowed or not. */
export function oddRequests(operation: Operation): fc.Arbitrary<HostileRequest> {
  const properties = Object.entries(operation.body?.properties ?? {});
  const bodies = properties.map(([name]) =>
    fc.oneof(anyText, fc.jsonValue({ maxDepth: 3 })).map((value) => bodyWith(operation, { name, value }, false)),
  );
  const parameters = operation.parameters.map(({ name, in: place }) =>
    anyText.map((text) => withParameter(operation, { name, place, text: encode(text) }, false)),
  );
  return fc.oneof(...bodies, ...parameters);
}

/** True when an operation takes anything from a client. */
export function takesInput({ body, parameters }: Operation): boolean {
  return body !== undefined || parameters.length > 0;
}

function forbiddenBodies(operation: Operation, body: Schema): fc.Arbitrary<HostileRequest>[] {
  const wrong = Object.entries(body.properties ?? {}).map(([name, schema]) =>
    wrongValues(resolve(schema)).map((value) => bodyWith(operation, { name, value }, true)),
  );
  const missing = (body.required ?? []).map((name) =>
    fc.constant(bodyWith(operation, { name, value: undefined }, true)),
  );
  const unknown = fc
    .constantFrom('is_admin', 'role', 'id', 'user_id', 'hashed_password', '$where', 'a.b', 'a/b~c', ' ')
    .filter((name) => body.properties?.[name] === undefined)
    .map((name) => bodyWith(operation, { name, value: true }, true));
  return [...wrong, ...missing, unknown];
}

/** Values that a schema forbids whatever else holds. */
function wrongValues(schema: Schema): fc.Arbitrary<unknown> {
  const values: unknown[] = [{}, { $ne: null }, { toString: 'x' }, [[]], [null], TOO_LARGE];
  if (schema.nullable !== true) values.push(null);
  if (schema.type !== 'object' && schema.type !== 'array') values.push([], ['x'], { length: 20 });
  if (schema.type !== 'string') values.push('text', '', '1');
  else values.push(17, true, 1.5, 'x'.repeat(100_000), 'x'.repeat((schema.maxLength ?? 99_999) + 1));
  if (schema.type === 'integer' || schema.type === 'number') values.push(1.5, -1, 1e300, 2 ** 53, true);
  if (schema.type === 'boolean') values.push(0, 1);
  if (schema.type === 'array') values.push(7, Array(1001).fill('x'), [{}], [1]);
  if (schema.type === 'object') values.push([], 7, { unknown_member: 1 });
  if (schema.enum) values.push('no such member');
  if (schema.format === 'email') values.push('no address', 'a@', '@b', 'a b@c.example', 'a@b.example\u0000');
  const allowed = schema.type === 'object' ? (value: unknown) => JSON.stringify(value) !== '{}' : () => true;
  return fc.constantFrom(...values.filter(allowed));
}

function bodyWith(
  operation: Operation,
  { name, value }: { name: string; value: unknown },
  isForbidden: boolean,
): HostileRequest {
  const members = { ...sampleBody(operation.body ?? {}), [name]: value };
  return {
    request: { ...soundRequest(operation), body: JSON.stringify(members).replace(`"${TOO_LARGE}"`, '1e400') },
    what: `${operation.name} with ${name} = ${value === undefined ? 'nothing' : describeValue(value)}`,
    isForbidden,
    field: { pointer: `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}` },
  };
}

function forbiddenParameters(operation: Operation, parameter: Parameter): fc.Arbitrary<HostileRequest>[] {
  const { name, in: place } = parameter;
  const schema = resolve(parameter.schema ?? {});
  const isNumber = schema.type === 'number' || schema.type === 'integer';
  const texts: string[] = [encode('x'.repeat(5000))];
  if (isNumber)
    texts.push(
      'abc',
      '1.5',
      '-1',
      '9'.repeat(30),
      'NaN',
      'Infinity',
      '1%2C2',
      '1%00',
      '0x10',
      '1e1',
      '%2B5',
      '%205',
      '05',
    );
  // Names that somebody else gives are longer or shorter, and otherwise what they like.
  const isIdOfOurs = place === 'path' && schema.maxLength === undefined;
  if (schema.format === 'uuid' || isIdOfOurs) texts.push('%00', 'x', '..%2f', '1', '%F0%9F%A9%BA', '{}');
  if (schema.enum) texts.push('no-such-member');
  if (schema.type === 'boolean') texts.push('maybe', '2');
  const single = fc.constantFrom(...texts).map((text) => withParameter(operation, { name, place, text }, true));
  if (place !== 'query') return [single];
  const twice = encode(String(sampleOf(schema)));
  return [single, fc.constant(withParameter(operation, { name, place, text: `${twice}&${name}=${twice}` }, true))];
}

function unknownParameter(operation: Operation): fc.Arbitrary<HostileRequest> {
  return fc
    .constantFrom('unknown', '__proto__', 'constructor', 'limit%5Ba%5D', 'is_admin')
    .map((name) => withParameter(operation, { name, place: 'query', text: '1' }, true));
}

function withParameter(
  operation: Operation,
  { name, place, text }: { name: string; place: string; text: string },
  isForbidden: boolean,
): HostileRequest {
  const path = pathOf(operation, place === 'path' ? { [name]: text } : {});
  const required = operation.parameters.filter(
    (each) => each.in === 'query' && each.required === true && each.name !== name,
  );
  const query = required.map((each) => `${each.name}=${encode(String(sampleOf(each.schema ?? {})))}`);
  if (place === 'query') query.push(`${name}=${text}`);
  return {
    request: { ...soundRequest(operation), path: query.length > 0 ? `${path}?${query.join('&')}` : path },
    what: `${operation.name} with ${place} ${name}=${text.slice(0, 80)}`,
    isForbidden,
    field: { parameter: decodeURIComponent(name) },
  };
}

function pathOf(operation: Operation, values: Readonly<Record<string, string>>): string {
  return operation.path.replace(
    /\{(\w+)\}/g,
    (_whole, name: string) => values[name] ?? String(sampleOf({ format: 'uuid' })),
  );
}

/** encodeURIComponent that does not mind halves of a character. */
function encode(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replaceAll("'", '%27');
}

function describeValue(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 60)}... (${text.length} characters)` : text;
}
