// S26: how often the keys of an issuer are asked for, by a clock of the test.
import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { Jwks } from '../../../src/auth/oidc/protocol/jwks.ts';
import type { JsonResponse, JsonRequest } from '../../../src/auth/oidc/protocol/json-request.ts';

const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });

class Keys {
  nowMs = 1_000_000;
  asked = 0;
  kids = ['one'];
  isDown = false;
  readonly set = new Jwks(
    { send: () => this.#answer() } satisfies Pick<JsonRequest, 'send'> as unknown as JsonRequest,
    () => this.nowMs,
  );

  find(kid: string): Promise<string> {
    const header = { alg: 'RS256', kid };
    const question = {
      jwksUri: 'https://issuer.example/jwks',
      header,
      token: { payload: '', signature: '' },
      signal: AbortSignal.timeout(60_000),
    };
    return this.set.key(question).then(
      () => 'found',
      () => 'refused',
    );
  }

  #answer(): Promise<JsonResponse> {
    this.asked += 1;
    if (this.isDown) return Promise.reject(new Error('down'));
    const keys = this.kids.map((kid) => ({ ...publicKey.export({ format: 'jwk' }), kid, alg: 'RS256', use: 'sig' }));
    return Promise.resolve({ status: 200, value: { keys } });
  }
}

describe('S26: the keys of an issuer', () => {
  it('are asked for once in ten minutes', async () => {
    const keys = new Keys();
    for (let count = 0; count < 10; count += 1) expect(await keys.find('one')).toBe('found');
    keys.nowMs += 9 * 60_000;
    await keys.find('one');
    expect(keys.asked).toBe(1);
    keys.nowMs += 61_000;
    await keys.find('one');
    expect(keys.asked).toBe(2);
  });

  it('X-oidc4: are asked for again for an unknown kid, at most once a minute', async () => {
    const keys = new Keys();
    await keys.find('one');
    keys.kids = ['two'];
    expect(await keys.find('two')).toBe('refused');
    keys.nowMs += 60_000;
    expect(await keys.find('two')).toBe('found');
    for (let count = 0; count < 100; count += 1) expect(await keys.find(`unknown-${count}`)).toBe('refused');
    expect(keys.asked).toBe(2);
  });

  it('are asked for once by many at the same time', async () => {
    const keys = new Keys();
    expect(new Set(await Promise.all(Array.from({ length: 50 }, () => keys.find('one'))))).toEqual(new Set(['found']));
    expect(keys.asked).toBe(1);
  });

  it('stay known while the issuer is down, and the issuer is asked again after five seconds', async () => {
    const keys = new Keys();
    await keys.find('one');
    keys.isDown = true;
    keys.nowMs += 60_000;
    expect(await keys.find('two')).toBe('refused');
    expect(await keys.find('one')).toBe('found');
    keys.isDown = false;
    keys.kids = ['one', 'two'];
    expect(await keys.find('two')).toBe('refused');
    keys.nowMs += 5_000;
    expect(await keys.find('two')).toBe('found');
    expect(keys.asked).toBe(3);
  });
});
