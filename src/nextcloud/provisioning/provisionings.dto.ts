import { IsIn, IsInt, IsUUID, Max, Min } from 'class-validator';
import type { NextcloudProvisioning, ProvisioningState } from './nextcloud-provisioning.entity.ts';
import { MayBeAbsent, WholeNumber } from '../../validation/members.ts';

const STATES = ['pending', 'provisioned', 'matched', 'failed'] as const;

/** What became of an account in Nextcloud. */
export class ProvisioningResponse {
  /**
   * The account here; it may have been erased.
   * @example "019aab7c-2f10-7c3e-8d55-5a1f0c9b7e21"
   */
  user_id!: string;

  /**
   * User id in Nextcloud, as far as there is one.
   * @example "ana@clinic.example"
   */
  nextcloud_user_id!: string | null;

  /**
   * pending; provisioned when this server made the Nextcloud user; matched when its owner has proved to own one that was
   * there; failed when an administrator has to look.
   * @example "provisioned"
   */
  state!: (typeof STATES)[number];

  /**
   * Code of the problem that a failed one ended with, or that keeps the others waiting.
   * @example null
   */
  problem_code!: string | null;

  /** Attempts since the last success. */
  attempts!: number;

  /** Whether the Nextcloud user was last enabled or disabled by this server; only those that it made are. */
  is_enabled!: boolean;

  /** @example "2026-11-22T10:00:00.000Z" */
  created_at!: string;

  /** @example "2026-11-22T10:00:05.000Z" */
  updated_at!: string;

  /**
   * null when nothing is to be done.
   * @example null
   */
  next_attempt_at!: string | null;
}

/** One page of provisionings. */
export class ProvisioningPageResponse {
  /** In the order of the accounts. */
  provisionings!: ProvisioningResponse[];

  /** Pass it as `cursor` to read on; null on the last page. */
  next_cursor!: string | null;
}

/** Names an account in a path. */
export class ProvisioningParameter {
  /**
   * Identifier of the account here.
   * @example "019aab7c-2f10-7c3e-8d55-5a1f0c9b7e21"
   */
  @IsUUID()
  user_id!: string;
}

/** Which provisionings, and which page of them. */
export class ProvisioningPageQuery {
  /** @example "failed" */
  @MayBeAbsent()
  @IsIn(STATES)
  state?: (typeof STATES)[number];

  /**
   * Entries per page, 1 to 100; 50 unless given.
   * @example 20
   */
  @MayBeAbsent()
  @WholeNumber()
  @IsInt()
  @Min(1)
  @Max(100)
  limit?: number;

  /** `next_cursor` of the page before. */
  @MayBeAbsent()
  @IsUUID()
  cursor?: string;
}

/** The states of rows behind a state on the wire: one that may have been created is still pending. */
export function rowStates(state: ProvisioningPageQuery['state']): readonly ProvisioningState[] | undefined {
  if (state === undefined) return undefined;
  return state === 'pending' ? ['pending', 'creating'] : [state];
}

/** What an administrator sees of a provisioning. */
export function provisioningResponse(row: NextcloudProvisioning): ProvisioningResponse {
  return {
    user_id: row.userId,
    nextcloud_user_id: row.uid ?? null,
    state: row.state === 'creating' ? 'pending' : row.state,
    problem_code: row.problemCode ?? null,
    attempts: row.attempts,
    is_enabled: row.isEnabled,
    created_at: row.createdAt.toISOString(),
    updated_at: row.updatedAt.toISOString(),
    next_attempt_at: row.nextAttemptAt?.toISOString() ?? null,
  };
}
