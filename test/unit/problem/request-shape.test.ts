// What is refused before anybody looks at the meaning of a request.
import { describe, expect, it } from '@jest/globals';
import { findShapeFault } from '../../../src/problem/request-shape.ts';

describe('findShapeFault', () => {
  it('finds nothing wrong with an ordinary body', () => {
    expect(findShapeFault({ email: 'ana@clinic.example', tags: ['a', 'ü', '😀'], n: 1, none: null })).toBeUndefined();
  });

  it('names the field whose text holds half a surrogate pair', () => {
    expect(findShapeFault({ email: 'a\udfffb' })).toMatchObject({ path: ['email'] });
    expect(findShapeFault({ tags: ['fine', '\ud83d'] })).toMatchObject({ path: ['tags', '1'] });
  });

  it('names a member that every object has', () => {
    expect(findShapeFault(JSON.parse('{"a": {"__proto__": 1}}'))).toMatchObject({ path: ['a', '__proto__'] });
  });

  it('refuses nesting deeper than 32 levels without following it', () => {
    const deep = JSON.parse('{"a":'.repeat(100_000) + '1' + '}'.repeat(100_000)) as unknown;
    expect(findShapeFault(deep)).toMatchObject({ path: ['a'] });
  });
});
