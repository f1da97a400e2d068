import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from '@mikro-orm/postgresql';
import { AuditTrail } from '../../audit/audit-trail.ts';
import { OneTimeTokens } from '../login/one-time-tokens.ts';
import { WebAuthn, handleOf } from './webauthn.ts';
import type { AssertionResponse, CredentialKey } from './webauthn.types.ts';
import type { Passkey } from './passkey.entity.ts';
import { Passkeys } from './passkeys.ts';

const LIFE_SECONDS = 5 * 60;

/** What a response may be used for; a response to one challenge answers no other. */
export type AssertionUse =
  | { readonly kind: 'login' }
  | { readonly kind: 'challenge'; readonly userId: string; readonly mfaToken: string }
  | { readonly kind: 'step-up'; readonly userId: string; readonly sessionId: string };

/** A question to an authenticator. */
export interface AuthenticationOptions {
  readonly options: Readonly<Record<string, unknown>>;
  /** Sent back with the response; valid once. */
  readonly authenticationToken: string;
}

/** What a client sends back. */
export interface AssertionAnswer {
  readonly authenticationToken: string;
  readonly response: AssertionResponse;
}

/** The user of the passkey that was named, and whether the response was right. */
export interface AssertionVerdict {
  readonly isRight: boolean;
  /** Null when nobody has such a passkey. */
  readonly userId: string | null;
}

interface ChallengePayload {
  readonly challenge: string;
  readonly binding: string;
}

/** Asks for passkeys and checks the answers, each question once. */
@Injectable()
export class PasskeyAssertions {
  constructor(
    private readonly webAuthn: WebAuthn,
    private readonly passkeys: Passkeys,
    private readonly tokens: OneTimeTokens,
    private readonly trail: AuditTrail,
  ) {}

  /** A question to the passkeys of the user, or to any at login. @returns null when the user has none */
  async createOptions(em: EntityManager, use: AssertionUse): Promise<AuthenticationOptions | null> {
    const userId = use.kind === 'login' ? null : use.userId;
    const known = userId === null ? [] : (await this.passkeys.list(em, userId)).map(credentialKey);
    if (userId !== null && known.length === 0) return null;
    const { options, challenge } = await this.webAuthn.authenticationOptions(known, verifiesUser(use));
    const payload: ChallengePayload = { challenge, binding: bindingOf(use) };
    const authenticationToken = await this.tokens.issue(em, {
      purpose: 'passkey-authentication',
      userId,
      payload,
      lifeSeconds: LIFE_SECONDS,
    });
    return { options, authenticationToken };
  }

  /** Checks an answer. The question is used up, whatever the answer. */
  async verify(em: EntityManager, use: AssertionUse, answer: AssertionAnswer): Promise<AssertionVerdict> {
    const { authenticationToken, response } = answer;
    const asked = await this.tokens.redeem<ChallengePayload>(em, 'passkey-authentication', authenticationToken);
    const passkey = await this.passkeys.findByCredential(em, response.id);
    const userId = passkey?.userId ?? null;
    if (asked === null || passkey === null) return { isRight: false, userId };
    const isMeant = asked.payload.binding === bindingOf(use) && isOwnedBy(passkey, use, response);
    const counter = isMeant
      ? await this.webAuthn.verifyAssertion({
          response,
          challenge: asked.payload.challenge,
          credential: credentialKey(passkey),
          requiresVerifiedUser: verifiesUser(use),
        })
      : null;
    return { isRight: counter !== null && (await this.#recordUse(em, passkey, counter)), userId };
  }

  async #recordUse(em: EntityManager, { id, userId }: Passkey, counter: number): Promise<boolean> {
    if (await this.passkeys.recordUse(em, id, counter)) return true;
    await this.trail.append(em, {
      actorId: userId,
      action: 'passkey.cloned',
      outcome: 'denied',
      targetType: 'passkey',
      targetId: id,
    });
    return false;
  }
}

/** After a password a passkey need only be there; by itself it must have recognised its user. */
function verifiesUser({ kind }: AssertionUse): boolean {
  return kind !== 'challenge';
}

function bindingOf(use: AssertionUse): string {
  return createHash('sha256')
    .update(JSON.stringify(partsOf(use)))
    .digest('hex');
}

function partsOf(use: AssertionUse): readonly string[] {
  switch (use.kind) {
    case 'login':
      return [use.kind];
    case 'challenge':
      return [use.kind, use.userId, use.mfaToken];
    case 'step-up':
      return [use.kind, use.userId, use.sessionId];
  }
}

/** WebAuthn Level 3 section 7.2, step 6: the handle must be that of the owner, and be there when nobody was named. */
function isOwnedBy(passkey: Passkey, use: AssertionUse, { response: { userHandle } }: AssertionResponse): boolean {
  const handle = Buffer.from(handleOf(passkey.userId)).toString('base64url');
  if (use.kind === 'login') return userHandle === handle;
  return passkey.userId === use.userId && (userHandle === undefined || userHandle === handle);
}

function credentialKey({ credentialId, publicKey, transports }: Passkey): CredentialKey {
  return { credentialId, publicKey, transports: transports === '' ? [] : transports.split(' ') };
}
