import { Injectable } from '@nestjs/common';
import type { EntityManager } from '@mikro-orm/postgresql';
import type { SessionPrincipal } from '../../access/principal.ts';
import type { User } from '../../users/user.entity.ts';
import { OneTimeTokens } from '../login/one-time-tokens.ts';
import { Ceremony } from './webauthn.ts';
import type { AttestationResponse, NewCredential } from './webauthn.types.ts';
import type { Passkey } from './passkey.entity.ts';

const LIFE_SECONDS = 5 * 60;

/** A question to the authenticator that shall make a passkey. */
export interface RegistrationQuestion {
  readonly options: Readonly<Record<string, unknown>>;
  /** Goes back with the answer; good for one. */
  readonly registrationToken: string;
}

interface QuestionPayload {
  readonly challenge: string;
  readonly sessionId: string;
}

/** Asks authenticators to make passkeys and checks what they made. */
@Injectable()
export class PasskeyRegistrations {
  readonly #ceremony: Ceremony;
  readonly #tokens: OneTimeTokens;

  constructor(ceremony: Ceremony, tokens: OneTimeTokens) {
    this.#ceremony = ceremony;
    this.#tokens = tokens;
  }

  async ask(
    em: EntityManager,
    { user, sessionId, known }: { user: User; sessionId: string; known: readonly Passkey[] },
  ): Promise<RegistrationQuestion> {
    const { options, challenge } = await this.#ceremony.registration({
      userId: user.id,
      email: user.email,
      fullName: user.fullName ?? null,
      known: known.map(({ transports, ...each }) => ({ ...each, transports: transports.split(' ').filter(Boolean) })),
    });
    const payload: QuestionPayload = { challenge, sessionId };
    const registrationToken = await this.#tokens.issue(em, {
      purpose: 'passkey-registration',
      userId: user.id,
      payload,
      lifeSeconds: LIFE_SECONDS,
    });
    return { options, registrationToken };
  }

  /** Checks an answer, which must come in the session of the question. @returns null when it is wrong */
  async check(
    em: EntityManager,
    answer: { principal: SessionPrincipal; registrationToken: string; response: AttestationResponse },
  ): Promise<NewCredential | null> {
    const { principal, registrationToken, response } = answer;
    const asked = await this.#tokens.redeem<QuestionPayload>(em, 'passkey-registration', registrationToken);
    if (asked?.userId !== principal.userId || asked.payload.sessionId !== principal.sessionId) return null;
    return this.#ceremony.checkRegistration(response, asked.payload.challenge);
  }
}
