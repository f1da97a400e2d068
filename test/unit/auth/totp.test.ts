// Time-based one-time passwords (bars S67, R24).
import { describe, expect, it } from '@jest/globals';
import { isTotpCode, matchingStep, newTotpSecret, totpUri } from '../../../src/auth/mfa/totp.ts';

/** The ASCII key "12345678901234567890" of RFC 6238 appendix B, in base32. */
const SECRET = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';
const STEP_MS = 30_000;

describe('codes of an authenticator app', () => {
  // The last six of the eight digits that the appendix lists for SHA-1.
  it.each([
    [59, '287082', 1],
    [1_111_111_109, '081804', 37_037_036],
    [1_234_567_890, '005924', 41_152_263],
    [20_000_000_000, '353130', 666_666_666],
  ])('are those of RFC 6238 appendix B at %i s', (seconds, code, step) => {
    expect(matchingStep(SECRET, code, seconds * 1000)).toBe(step);
  });

  it('S67 R24: are accepted one step early or late, and not two', () => {
    const at = 1_234_567_890_000;
    const step = 41_152_263;
    const verdicts = [-2, -1, 0, 1, 2].map((late) => matchingStep(SECRET, '005924', at + late * STEP_MS));
    expect(verdicts).toEqual([null, step, step, step, null]);
  });

  it('S67: belong to the step they were made for, whenever they are checked, so that last steps can be compared', () => {
    const start = 41_152_263 * STEP_MS;
    expect(matchingStep(SECRET, '005924', start)).toBe(41_152_263);
    expect(matchingStep(SECRET, '005924', start + STEP_MS - 1)).toBe(41_152_263);
    expect(matchingStep(SECRET, '005924', start - 1)).toBe(41_152_263);
  });

  it.each(['', '12345', '1234567', '12345a', ' 12345', '١٢٣٤٥٦', '-12345', '1e5000'])('are no %j', (text) => {
    expect(isTotpCode(text)).toBe(false);
  });
});

describe('secrets of an authenticator app', () => {
  it('have 160 bits, each time others', () => {
    const secrets = Array.from({ length: 50 }, newTotpSecret);
    expect(new Set(secrets).size).toBe(50);
    expect(secrets.every((secret) => /^[A-Z2-7]{32}$/.test(secret))).toBe(true);
  });

  it('are given to the app with issuer, account and settings', () => {
    const uri = new URL(totpUri(SECRET, 'ana@clinic.example'));
    expect(decodeURIComponent(uri.pathname)).toBe('/VoiceAssist:ana@clinic.example');
    expect(Object.fromEntries(uri.searchParams)).toEqual({
      issuer: 'VoiceAssist',
      secret: SECRET,
      algorithm: 'SHA1',
      digits: '6',
      period: '30',
    });
  });
});
