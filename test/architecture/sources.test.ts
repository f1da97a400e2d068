// What must be true of the text of src/, whoever writes it and whatever the linter is told.
import { describe, expect, it } from '@jest/globals';
import { pathsMatching, sourceFiles } from './source-files.ts';

/** The server's way to its environment, and the one of the commands. */
const ENVIRONMENT_READERS = ['src/command.ts', 'src/config/read-environment.ts'];
const PRODUCT = sourceFiles('src');
const EVERYTHING = [...PRODUCT, ...sourceFiles('migrations'), ...sourceFiles('test')];

describe('sources', () => {
  it('read the environment of the process where a process starts and nowhere else', () => {
    expect(pathsMatching(PRODUCT, /process\s*\.\s*env|process\s*\[|\benv\b[^;]*from 'node:process'/)).toEqual(
      ENVIRONMENT_READERS,
    );
  });

  it('call the global fetch nowhere', () => {
    expect(pathsMatching(PRODUCT, /(?<![.\w])fetch\s*\(|globalThis\s*\.\s*fetch/)).toEqual([]);
  });

  it('stand in rooms with names: no junk drawer and no barrel', () => {
    const unnamed = /(^|\/)(common|shared|utils?|helpers?)\/|(^|\/)index\.ts$/;
    expect(EVERYTHING.map(({ path }) => path).filter((path) => unnamed.test(path))).toEqual([]);
  });

  it('hold no any, no suppressed type error and no skipped lint without a reason', () => {
    expect(pathsMatching(PRODUCT, /\bas any\b|:\s*any\b|<any>|@ts-(ignore|nocheck|expect-error)/)).toEqual([]);
    const withoutReason = EVERYTHING.filter(({ text }) => /eslint-disable(?!.* -- )/.test(text));
    expect(withoutReason.map(({ path }) => path).filter((path) => !path.startsWith('test/architecture/'))).toEqual([]);
  });

  it('leave no work behind: no TODO, no FIXME, no focused test', () => {
    const unfinished = EVERYTHING.filter(({ text }) => /\b(TODO|FIXME|XXX)\b|\b(it|describe|test)\.only\(/.test(text));
    expect(unfinished.map(({ path }) => path).filter((path) => !path.startsWith('test/architecture/'))).toEqual([]);
  });
});
