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
  return liveFunction(() => present[name] as object) as Globals[Name];
}

/** Also what is taken from it, as in `const skipped = describe.skip`, is of the file that runs when it is called. */
function liveFunction(find: () => object): object {
  return new Proxy(function () {}, {
    apply: (_target, _self, args: unknown[]) => (find() as (...args: unknown[]) => unknown)(...args),
    get: (_target, property) => {
      const value = Reflect.get(find(), property) as unknown;
      return typeof value === 'function' ? liveFunction(() => Reflect.get(find(), property) as object) : value;
    },
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
