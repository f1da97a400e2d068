import { expect, it } from '@jest/globals';
import type * as Runner from '../../runner/jest-globals.ts';

it('what a shared module took from describe belongs to the test file that runs', async () => {
  const ownCopy = new URL('../../runner/jest-globals.ts?own', import.meta.url).href;
  const { describe, setGlobals } = (await import(ownCopy)) as typeof Runner;
  const seen: string[] = [];
  const globalsOf = (file: string) => {
    const skip = (title: string) => seen.push(`${file} skips ${title}`);
    return { describe: Object.assign(() => seen.push(`${file} runs`), { skip }) } as unknown as typeof Runner;
  };

  setGlobals(globalsOf('first'));
  const taken = describe.skip;
  setGlobals(globalsOf('second'));
  taken('a suite', () => {});

  expect(seen).toEqual(['second skips a suite']);
});
