// SPDX-License-Identifier: AGPL-3.0-or-later
'use strict';

/** Reads the schemas of an OpenAPI 3.1 document. */
window.VoiceAssistSchema = (() => {
  const MOST_LEVELS = 5;
  const REFERENCE = '#/components/schemas/';

  /** The schema that a reference names, with what stands beside it, or the schema itself. */
  function resolve(schema, schemas) {
    const [only, ...others] = (schema.anyOf ?? []).filter(({ type }) => type !== 'null');
    if (only !== undefined && others.length === 0) {
      return { ...resolve(only, schemas), ...schema, anyOf: undefined, nullable: true };
    }
    const { $ref, ...own } = schema;
    const named = $ref?.startsWith(REFERENCE) ? schemas[$ref.slice(REFERENCE.length)] : undefined;
    const whole = named === undefined ? own : { ...resolve(named, schemas), ...own };
    if (!Array.isArray(whole.type)) return whole;
    return { ...whole, type: whole.type.find((type) => type !== 'null'), nullable: whole.type.includes('null') };
  }

  const BOUNDS = {
    minLength: 'at least # characters',
    maxLength: 'at most # characters',
    minimum: 'from #',
    maximum: 'to #',
    minItems: 'at least # items',
    maxItems: 'at most # items',
    format: '#',
    pattern: 'matches #',
  };

  /** The type of a schema and its bounds, in words. */
  function describe(schema, schemas) {
    const { type, items, oneOf, anyOf, nullable, enum: values, ...rest } = resolve(schema, schemas);
    const words = [];
    if (oneOf ?? anyOf) words.push((oneOf ?? anyOf).map((one) => describe(one, schemas)).join(' or '));
    else if (type === 'array' && items !== undefined) words.push(`list of ${describe(items, schemas)}`);
    else words.push(type ?? 'anything');
    if (nullable) words.push('or null');
    if (values !== undefined) words.push(`one of ${values.join(', ')}`);
    for (const [bound, text] of Object.entries(BOUNDS)) {
      if (rest[bound] !== undefined) words.push(text.replace('#', () => String(rest[bound])));
    }
    return words.join(', ');
  }

  /** Every member of an object, those of its members behind it: name with dots, schema and whether it is required. */
  function members(schema, schemas, { prefix = '', level = 0 } = {}) {
    if (level >= MOST_LEVELS) return [];
    const resolved = resolve(schema, schemas);
    if (resolved.type === 'array' && resolved.items !== undefined) {
      return members(resolved.items, schemas, { prefix: `${prefix}[]`, level: level + 1 });
    }
    return Object.entries(resolved.properties ?? {}).flatMap(([key, member]) => {
      const name = prefix === '' ? key : `${prefix}.${key}`;
      const isRequired = resolved.required?.includes(key) ?? false;
      const own = { name, schema: resolve(member, schemas), isRequired };
      return [own, ...members(member, schemas, { prefix: name, level: level + 1 })];
    });
  }

  /** An example, put together from those of the members. */
  function example(schema, schemas, level = 0) {
    const resolved = resolve(schema, schemas);
    if (resolved.examples !== undefined) return resolved.examples[0];
    if (resolved.default !== undefined) return resolved.default;
    if (resolved.enum !== undefined) return resolved.enum[0];
    if (level >= MOST_LEVELS) return null;
    if (resolved.type === 'array') return resolved.items ? [example(resolved.items, schemas, level + 1)] : [];
    if (resolved.properties === undefined)
      return { string: '', integer: 0, number: 0, boolean: true }[resolved.type] ?? null;
    const entries = Object.entries(resolved.properties);
    return Object.fromEntries(entries.map(([key, member]) => [key, example(member, schemas, level + 1)]));
  }

  return Object.freeze({ describe, members, example });
})();
