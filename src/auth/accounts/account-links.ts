import { Injectable } from '@nestjs/common';
import type { EntityManager } from '@mikro-orm/postgresql';
import { HttpConfig } from '../../config/http.config.ts';
import type { AccountPage } from '../../http/account-pages.ts';
import { readableTime } from '../../notifications/render-mail.ts';
import { DomainError } from '../../problem/domain-error.ts';
import type { User } from '../../users/user.entity.ts';
import { UsersRepository } from '../../users/users.repository.ts';
import { OneTimeTokens, type OneTimePurpose } from '../login/one-time-tokens.ts';

const LIFE_SECONDS = 60 * 60;

/** Purposes of tokens that go out by mail, and the page that each link opens. */
const PAGES = {
  'email-verification': 'verify-email',
  'email-change': 'confirm-email-change',
  'password-reset': 'reset-password',
  invitation: 'accept-invitation',
} as const satisfies Partial<Record<OneTimePurpose, AccountPage>>;

/** What a link is for. */
export type LinkPurpose = keyof typeof PAGES;

/** A link as its message shows it. */
export interface AccountLink {
  readonly link: string;
  /** In words. */
  readonly goodUntil: string;
}

/** What the token of a link carries. */
interface LinkPayload {
  /** Address of the account when the link was made: after a change of address the link is invalid. */
  readonly email: string;
  /** Address that the account moves to. */
  readonly newEmail: string | null;
}

/** The account that a link is for, locked until the transaction ends. */
export interface LinkedAccount {
  readonly user: User;
  readonly newEmail: string | null;
}

/** Makes links with one-time tokens, and opens them. */
@Injectable()
export class AccountLinks {
  constructor(
    private readonly tokens: OneTimeTokens,
    private readonly users: UsersRepository,
    private readonly http: HttpConfig,
  ) {}

  /** Makes a link that is good once, for an hour; the one of the same purpose before is good no more. */
  async make(
    em: EntityManager,
    purpose: LinkPurpose,
    { id, email, newEmail }: Pick<User, 'id' | 'email'> & { readonly newEmail?: string },
  ): Promise<AccountLink> {
    await this.tokens.withdraw(em, id, purpose);
    const payload: LinkPayload = { email, newEmail: newEmail ?? null };
    const token = await this.tokens.issue(em, { purpose, userId: id, payload, lifeSeconds: LIFE_SECONDS });
    const until = new Date(Date.now() + LIFE_SECONDS * 1000).toISOString();
    // In the fragment: it reaches no server, no log and no Referer field.
    return { link: `${this.page(PAGES[purpose])}#token=${token}`, goodUntil: readableTime(until) };
  }

  /** URL of a page of the web application, or of this server where there is none. */
  page(page: AccountPage): string {
    const { frontendUrl, origin } = this.http;
    return frontendUrl === undefined ? `${origin}/account/${page}` : `${frontendUrl.replace(/\/+$/, '')}/${page}`;
  }

  /** Looks at a token without using it up. @throws DomainError `one-time-token-invalid` */
  async inspect(em: EntityManager, purpose: LinkPurpose, token: string): Promise<LinkedAccount> {
    return this.#open(em, await this.tokens.lock<LinkPayload>(em, purpose, token));
  }

  /** Uses a token up in the transaction of `em`. @throws DomainError `one-time-token-invalid` */
  async redeem(em: EntityManager, purpose: LinkPurpose, token: string): Promise<LinkedAccount> {
    return this.#open(em, await this.tokens.redeem<LinkPayload>(em, purpose, token));
  }

  async #open(
    em: EntityManager,
    found: { readonly userId: string | null; readonly payload: LinkPayload } | null,
  ): Promise<LinkedAccount> {
    const user = found?.userId ? await this.users.findLocked(em, found.userId) : null;
    if (found === null || user?.isActive !== true || user.email !== found.payload.email) {
      throw new DomainError('one-time-token-invalid');
    }
    return { user, newEmail: found.payload.newEmail };
  }
}
