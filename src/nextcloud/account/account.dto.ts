import { IsNotEmpty, IsString, Matches, MaxLength } from 'class-validator';
import type { NextcloudAccount, NextcloudLink } from './nextcloud-account.entity.ts';

const NO_CONTROL_CHARACTERS = /^\P{Cc}*$/u;

/** An app password, made in Nextcloud under Settings, Security, Devices & sessions. */
export class LinkAccountRequest {
  /**
   * Login name as Nextcloud shows it beside the app password.
   * @example "testdoc"
   */
  @IsString()
  @IsNotEmpty()
  @MaxLength(255)
  @Matches(NO_CONTROL_CHARACTERS, { message: 'login_name must not contain control characters' })
  login_name!: string;

  /**
   * The app password itself; it is stored sealed and never shown again.
   * @example "AbCdE-12345-FgHiJ-67890-KlMnO"
   */
  @IsString()
  @IsNotEmpty()
  @MaxLength(255)
  @Matches(NO_CONTROL_CHARACTERS, { message: 'app_password must not contain control characters' })
  app_password!: string;
}

/** A linked account; its secret is never part of it. */
export class AccountResponse {
  /**
   * User id in Nextcloud.
   * @example "testdoc"
   */
  uid!: string;

  /** @example "testdoc" */
  login_name!: string;

  /** @example "Test Doctor" */
  display_name!: string | null;

  /**
   * linked; invalid when Nextcloud refuses the app password; suspended when the account is disabled there.
   * @example "linked"
   */
  state!: 'linked' | 'invalid' | 'suspended';

  /** @example "2026-11-22T10:00:00.000Z" */
  linked_at!: string;

  /** @example "2026-11-22T10:00:00.000Z" */
  state_changed_at!: string;
}

/** A started login flow. */
export class StartedLinkResponse {
  /** @example "0199c2d4-7f0e-7c51-9f65-0d0c3a1b2e4f" */
  link_id!: string;

  /**
   * Open this in the user's browser.
   * @example "https://cloud.clinic.example/login/v2/flow/abc"
   */
  login_url!: string;

  /** @example "2026-11-22T10:20:00.000Z" */
  expires_at!: string;
}

/** Where a login flow stands. */
export class LinkResponse {
  /** @example "0199c2d4-7f0e-7c51-9f65-0d0c3a1b2e4f" */
  link_id!: string;

  /**
   * pending until the user grants access and what Nextcloud gave is seen to work; expired after 20 minutes, or when the
   * user has started another one; failed when Nextcloud gave a login that does not work.
   * @example "pending"
   */
  state!: 'pending' | 'linked' | 'expired' | 'failed';

  /**
   * Code of the problem that a failed flow ended with.
   * @example null
   */
  problem_code!: string | null;

  /** @example "2026-11-22T10:20:00.000Z" */
  expires_at!: string;
}

/** What became of the app password. */
export class UnlinkResponse {
  /**
   * revoked; already-dead; not-an-app-password; pending when Nextcloud did not answer or the user is disabled there: it
   * is tried again for seven days, and the audit trail says how it ended (given-up: then delete it in Nextcloud).
   * @example "revoked"
   */
  revocation!: 'revoked' | 'already-dead' | 'not-an-app-password' | 'pending' | 'given-up';
}

/** What a client sees of an account. */
export function accountResponse(account: NextcloudAccount): AccountResponse {
  return {
    uid: account.uid,
    login_name: account.loginName,
    display_name: account.displayName ?? null,
    state: account.state,
    linked_at: account.linkedAt.toISOString(),
    state_changed_at: account.stateChangedAt.toISOString(),
  };
}

/** What a client sees of a login flow. */
export function linkResponse(link: NextcloudLink): LinkResponse {
  const { id, state, expiresAt } = link;
  return {
    link_id: id,
    state: state === 'granted' ? 'pending' : state,
    problem_code: link.problemCode ?? null,
    expires_at: expiresAt.toISOString(),
  };
}
