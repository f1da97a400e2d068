// Which passwords are accepted (bars S1 and S3; NIST SP 800-63B).
import { describe, expect, it } from '@jest/globals';
import { loadCommonPasswords } from '../../../src/auth/password/common-passwords.ts';
import { PasswordPolicy } from '../../../src/auth/password/password-policy.ts';
import { AuthConfig } from '../../../src/config/auth.config.ts';
import { DomainError } from '../../../src/problem/domain-error.ts';
import { processorMs } from '../../support/processor-time.ts';

const ACCOUNT = { email: 'ana.duarte@stmary-clinic.example', fullName: 'Ana Duarte', pointer: '/password' };

function ruleBrokenBy(password: string, config: AuthConfig = new AuthConfig()): string | undefined {
  try {
    new PasswordPolicy(config).checkPassword({ ...ACCOUNT, password });
    return undefined;
  } catch (error) {
    if (error instanceof DomainError) return error.options.errors?.[0]?.detail;
    throw error;
  }
}

describe('password policy', () => {
  it.each([
    ['15 lower-case letters', 'kdbvzmwqpehyrtx'],
    ['64 characters with spaces and Unicode', 'Der Fährmann löscht die Lampen, bevor die Flut den Hafen füllt ☾'],
    ['15 astral characters', '🐙🦑🐠🐡🐟🐬🐳🐋🦈🐊🐢🦎🐍🐲🐉'],
    ['marks of many kinds and three letters', '!#%&/()=?+*~^<|abc'],
    ['several common words', 'monkey kitchen seldom harvests'],
    ['a long number', '483920175648203'],
    ['1024 characters', 'An unlikely tale. '.repeat(80).slice(0, 900) + 'k7'.padEnd(124, 'zqfowyxvbn')],
  ])('S1 accepts %s', (_, password) => {
    expect(ruleBrokenBy(password)).toBeUndefined();
  });

  it.each([
    ['7 characters', 'a8Z!k2#'],
    ['14 characters', 'kdbvzmwqpehyrt'],
    ['14 astral characters, though they are 28 code units', '🐙🦑🐠🐡🐟🐬🐳🐋🦈🐊🐢🦎🐍🐲'],
  ])('S1 refuses %s as too short', (_, password) => {
    expect(ruleBrokenBy(password)).toMatch(/at least 15 characters/);
  });

  it('S1 takes the least length from the configuration', () => {
    const config = Object.assign(new AuthConfig(), { passwordMinLength: 8 });
    expect(ruleBrokenBy('kdbvzmwq', config)).toBeUndefined();
    expect(ruleBrokenBy('kdbvzmw', config)).toMatch(/at least 8 characters/);
  });

  it.each([
    'passwordpassword',
    'Password12345678',
    'password1234567890',
    '1234567890123456',
    '123456789012345',
    'qwertyuiopasdfgh',
    'qwertyuiopasdfghjkl',
    'aaaaaaaaaaaaaaaa',
    'abcabcabcabcabcabc',
    'abcdefghijklmnopqrstuvwxyz',
    '987654321987654321',
    'letmeinletmeinletmein',
    'iloveyouiloveyou',
    'Football2024!!!!',
    '!!!!princess1234567',
    '1qaz2wsx3edc4rfv',
    'passwordstandard',
    'zxcvbnm123456789',
    'p a s s w o r d 1 2 3 4 5',
    'superman-superman',
  ])('S3 refuses the common password %s', (password) => {
    expect(ruleBrokenBy(password)).toMatch(/too common/);
  });

  it.each([
    'ana.duarte@stmary-clinic.example',
    'ANA.DUARTE@STMARY-CLINIC.EXAMPLE',
    'ana.duarteana.duarte',
    'ana.duarte20241122',
    'duarteduarteduarte',
    'Ana Duarte 123456',
    'voiceassistvoiceassist',
    'VoiceAssist2026!',
    'stmary-clinic.example',
  ])('S3 refuses what the account or the product suggests: %s', (password) => {
    expect(ruleBrokenBy(password)).toMatch(/too common/);
  });

  it('S3 knows at least 3,000 common passwords of at least 8 characters, offline', () => {
    const list = [...loadCommonPasswords()];
    expect(list.filter((word) => word.length >= 8).length).toBeGreaterThan(3000);
    expect(list.every((word) => word === word.toLowerCase())).toBe(true);
  });

  it('S3 refuses every listed password that is long enough', () => {
    const policy = new PasswordPolicy(new AuthConfig());
    const long = [...loadCommonPasswords()].filter((word) => word.length >= 15);
    expect(long.length).toBeGreaterThan(10);
    for (const password of long) expect(() => policy.checkPassword({ ...ACCOUNT, password })).toThrow(DomainError);
  });

  it('answers at once for the longest password that is accepted', () => {
    const policy = new PasswordPolicy(new AuthConfig());
    const hostile = ['ab'.repeat(511) + 'xy', '1'.repeat(1023) + 'x', 'password'.repeat(127) + 'zz', '.'.repeat(1024)];
    const before = processorMs();
    for (const password of hostile) {
      try {
        policy.checkPassword({ ...ACCOUNT, password });
      } catch (error) {
        expect(error).toBeInstanceOf(DomainError);
      }
    }
    expect((processorMs() - before) / hostile.length).toBeLessThan(200);
  });
});
