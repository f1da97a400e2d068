import {
  ArrayMaxSize,
  ArrayUnique,
  IsArray,
  IsInt,
  IsOptional,
  IsString,
  Length,
  Matches,
  Max,
  MaxLength,
  Min,
} from 'class-validator';
import type { NextcloudUser } from './protocol/ocs-user.ts';
import { IsEmailAddress } from '../../validation/email-address.ts';
import { MayBeAbsent, WholeNumber } from '../../validation/members.ts';

const PRINTABLE = /^[^\p{Cc}\p{Cs}]*$/u;
/** Neither able to leave its place in a path nor with anything unprintable in it. */
const IDENTIFIER = /^(?!\.{1,2}$)[^/\\\p{Cc}\p{Cs}]{1,255}$/u;
const CREATABLE_UID = /^(?!\.{1,2}$)[A-Za-z0-9 _.@'-]{1,64}$/;
const CURSOR = /^\d{1,7}$/;
const MAX_QUOTA_BYTES = 2 ** 50;

/** A user of Nextcloud. */
export class NextcloudUserResponse {
  /**
   * User id in Nextcloud.
   * @example "ana"
   */
  id!: string;

  /** @example "Ana Duarte" */
  display_name!: string;

  /** @example "ana@clinic.example" */
  email!: string | null;

  /** null where Nextcloud does not tell. */
  is_enabled!: boolean | null;

  /** @example ["nurses"] */
  groups!: string[];

  /**
   * In bytes; null for unlimited.
   * @example 5368709120
   */
  quota_bytes!: number | null;

  /**
   * In bytes.
   * @example 1048576
   */
  used_bytes!: number;

  /**
   * RFC 3339; null before the first login.
   * @example "2026-11-22T10:05:00.000Z"
   */
  last_login!: string | null;

  /**
   * Where the user is kept.
   * @example "Database"
   */
  backend!: string | null;
}

/** One page of users of Nextcloud. */
export class NextcloudUserPageResponse {
  /** In the order of their ids. */
  users!: NextcloudUserResponse[];

  /**
   * Pass it as `cursor` to read on; null on the last page.
   * @example "50"
   */
  next_cursor!: string | null;
}

/** One page of groups of Nextcloud. */
export class NextcloudGroupPageResponse {
  /** @example ["nurses", "physicians"] */
  groups!: string[];

  /**
   * Pass it as `cursor` to read on; null on the last page.
   * @example null
   */
  next_cursor!: string | null;
}

/** Names a user of Nextcloud in a path. */
export class NextcloudUserParameter {
  /**
   * User id in Nextcloud.
   * @example "ana"
   */
  @MaxLength(255)
  @Matches(IDENTIFIER, { message: 'id must be a user id of at most 255 characters without / or \\' })
  id!: string;
}

/** Names a user and a group of Nextcloud in a path. */
export class NextcloudMembershipParameter extends NextcloudUserParameter {
  /**
   * Group id in Nextcloud.
   * @example "nurses"
   */
  @MaxLength(255)
  @Matches(IDENTIFIER, { message: 'group must be a group id of at most 255 characters without / or \\' })
  group!: string;
}

/** Which part of a listing. */
export class NextcloudPageQuery {
  /**
   * Part of the id, the name or the address; 1 to 100 characters.
   * @example "duarte"
   */
  @MayBeAbsent()
  @IsString()
  @Length(1, 100)
  @Matches(PRINTABLE, { message: 'search must not contain control characters' })
  search?: string;

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
  @IsString()
  @Matches(CURSOR, { message: 'cursor must be the next_cursor of another page' })
  cursor?: string;
}

/** A user to create in Nextcloud. */
export class CreateNextcloudUserRequest {
  /**
   * Letters, digits, spaces and _.@-' as Nextcloud allows; at most 64 characters.
   * @example "ana"
   */
  @IsString()
  @MaxLength(64)
  @Matches(CREATABLE_UID, { message: "id must consist of letters, digits, spaces and _.@-'" })
  id!: string;

  /**
   * Without one Nextcloud mails a link to set it to `email`; without either nobody knows it.
   * @example "seven lamps above the harbour"
   */
  @IsOptional()
  @IsString()
  @Length(1, 469)
  password?: string | null;

  /** @example "Ana Duarte" */
  @IsOptional()
  @IsString()
  @Length(1, 64)
  @Matches(PRINTABLE, { message: 'display_name must not contain control characters' })
  display_name?: string | null;

  /**
   * Checked here, because Nextcloud stores any text when it creates a user.
   * @example "ana@clinic.example"
   */
  @IsOptional()
  @IsEmailAddress()
  email?: string | null;

  /**
   * Groups that exist, at most 50; never admin.
   * @example ["nurses"]
   */
  @MayBeAbsent()
  @IsArray()
  @ArrayMaxSize(50)
  @ArrayUnique()
  @Matches(IDENTIFIER, { each: true, message: 'groups must be group ids of at most 255 characters without / or \\' })
  groups?: string[];

  /**
   * In bytes; null for unlimited; absent for the default of Nextcloud, which rounds what it keeps.
   * @example 5368709120
   */
  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(MAX_QUOTA_BYTES)
  quota_bytes?: number | null;
}

/** What to change about a user of Nextcloud; an absent field stays as it is. */
export class UpdateNextcloudUserRequest {
  /** @example "Ana Duarte" */
  @MayBeAbsent()
  @IsString()
  @Length(1, 64)
  @Matches(PRINTABLE, { message: 'display_name must not contain control characters' })
  display_name?: string;

  /**
   * null removes it.
   * @example "ana@clinic.example"
   */
  @IsOptional()
  @IsEmailAddress()
  email?: string | null;

  /**
   * In bytes; null for unlimited. Nextcloud rounds what it keeps.
   * @example 5368709120
   */
  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(MAX_QUOTA_BYTES)
  quota_bytes?: number | null;
}

/** A group to create in Nextcloud. */
export class CreateNextcloudGroupRequest {
  /** @example "nurses" */
  @IsString()
  @MaxLength(255)
  @Matches(IDENTIFIER, { message: 'id must be a group id of at most 255 characters without / or \\' })
  id!: string;
}

/** A group of Nextcloud. */
export class NextcloudGroupResponse {
  /** @example "nurses" */
  id!: string;
}

/** What a client sees of a user of Nextcloud. */
export function nextcloudUserResponse(user: NextcloudUser): NextcloudUserResponse {
  return {
    id: user.uid,
    display_name: user.displayName,
    email: user.email,
    is_enabled: user.isEnabled,
    groups: [...user.groups],
    quota_bytes: user.quota.limitBytes,
    used_bytes: user.quota.usedBytes,
    last_login: user.lastLogin?.toISOString() ?? null,
    backend: user.backend,
  };
}
