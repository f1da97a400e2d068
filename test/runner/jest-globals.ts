// What `import ... from '@jest/globals'` gives: jest-circus makes these anew for each test file, while a module that
// test files share imports them once.
import type * as Jest from '@jest/globals';

type Globals = Pick<
  typeof Jest,
  'afterAll' | 'afterEach' | 'beforeAll' | 'beforeEach' | 'describe' | 'expect' | 'it' | 'jest'
>;

let present: Partial<Globals> = {};

/** The globals of the test file that runs now. */
export function setGlobals(globals: Partial<Globals>): void {
  present = globals;
}

function live<Name extends keyof Globals>(name: Name): Globals[Name] {
  return new Proxy(function () {} as unknown as Globals[Name] & object, {
    apply: (_target, _self, args: unknown[]) => (present[name] as (...args: unknown[]) => unknown)(...args),
    get: (_target, property) => Reflect.get(present[name] as object, property) as unknown,
  });
}

export const afterAll = live('afterAll');
export const afterEach = live('afterEach');
export const beforeAll = live('beforeAll');
export const beforeEach = live('beforeEach');
export const describe = live('describe');
export const expect = live('expect');
export const it = live('it');
export const jest = live('jest');
