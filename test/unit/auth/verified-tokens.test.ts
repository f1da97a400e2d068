// Claims of access tokens whose signature was verified: none outlives its token, and there are never too many.
import { describe, expect, it } from '@jest/globals';
import { VerifiedTokens } from '../../../src/auth/guards/verified-tokens.ts';

const claims = (secondsLeft: number): { sub: string; sid: string; exp: number } => ({
  sub: 'user',
  sid: 'session',
  exp: Date.now() / 1000 + secondsLeft,
});

describe('VerifiedTokens', () => {
  it('knows a token by its whole text and until it expires', () => {
    const tokens = new VerifiedTokens();
    const living = claims(60);
    tokens.add('header.payload.signature', living);
    tokens.add('expired', claims(-1));
    expect(tokens.find('header.payload.signature')).toEqual(living);
    expect(tokens.find('header.payload.signaturf')).toBeUndefined();
    expect(tokens.find('expired')).toBeUndefined();
  });

  it('lets the oldest go when there are 2000', () => {
    const tokens = new VerifiedTokens();
    for (let index = 0; index <= 2000; index += 1) tokens.add(`token ${index}`, claims(60));
    expect(tokens.find('token 0')).toBeUndefined();
    expect(tokens.find('token 1')).toBeDefined();
    expect(tokens.find('token 2000')).toBeDefined();
  });
});
