import { Injectable } from '@nestjs/common';
import type { EntityManager } from '@mikro-orm/postgresql';
import type { SessionPrincipal } from '../../access/principal.ts';
import type { User } from '../../users/user.entity.ts';
import { OneTimeTokens } from '../login/one-time-tokens.ts';
import { WebAuthn } from './webauthn.ts';
import type { AttestationResponse, NewCredential } from './webauthn.types.ts';
import type { Passkey } from './passkey.entity.ts';

const LIFE_SECONDS = 5 * 60;

/** A question to the authenticator that shall make a passkey. */
export interface RegistrationOptions {
  readonly options: Readonly<Record<string, unknown>>;
  /** Sent back with the response; valid once. */
  readonly registrationToken: string;
}

interface ChallengePayload {
  readonly challenge: string;
  readonly sessionId: string;
}

/** Asks authenticators to make passkeys and checks what they made. */
@Injectable()
export class PasskeyRegistrations {
  constructor(
    private readonly webAuthn: WebAuthn,
    private readonly tokens: OneTimeTokens,
  ) {}

  async createOptions(
    em: EntityManager,
    { user, sessionId, known }: { user: User; sessionId: string; known: readonly Passkey[] },
  ): Promise<RegistrationOptions> {
    const { options, challenge } = await this.webAuthn.registrationOptions({
      userId: user.id,
      email: user.email,
      fullName: user.fullName ?? null,
      known: known.map(({ transports, ...each }) => ({ ...each, transports: transports.split(' ').filter(Boolean) })),
    });
    const payload: ChallengePayload = { challenge, sessionId };
    const registrationToken = await this.tokens.issue(em, {
      purpose: 'passkey-registration',
      userId: user.id,
      payload,
      lifeSeconds: LIFE_SECONDS,
    });
    return { options, registrationToken };
  }

  /** Checks an answer, which must come in the session of the question. @returns null when it is wrong */
  async verify(
    em: EntityManager,
    answer: { principal: SessionPrincipal; registrationToken: string; response: AttestationResponse },
  ): Promise<NewCredential | null> {
    const { principal, registrationToken, response } = answer;
    const asked = await this.tokens.redeem<ChallengePayload>(em, 'passkey-registration', registrationToken);
    if (asked?.userId !== principal.userId || asked.payload.sessionId !== principal.sessionId) return null;
    return this.webAuthn.verifyRegistration(response, asked.payload.challenge);
  }
}
