import { Injectable } from '@nestjs/common';
import { Database, type PreparedStatement } from '../persistence/database.ts';
import { SharedLookup } from '../persistence/shared-lookup.ts';
import type { User } from './user.entity.ts';

/** What is told about an account. */
export type Profile = Pick<User, 'id' | 'email' | 'fullName' | 'isActive' | 'isAdmin' | 'createdAt' | 'lastLogin'>;

interface ProfileRow {
  readonly id: string;
  readonly email: string;
  readonly full_name: string | null;
  readonly is_active: boolean;
  readonly is_admin: boolean;
  readonly created_at: string | Date;
  readonly last_login: string | Date | null;
}

const PROFILES: PreparedStatement = {
  name: 'profiles',
  text: `
  select id, email, full_name, is_active, is_admin, created_at, last_login from users where id = any($1::uuid[])`,
};

/** Reads own accounts, which clients do at every start of a page; in few queries and without a cache. */
@Injectable()
export class ProfileLoader {
  readonly #lookup = new SharedLookup((ids) => this.#query(ids));

  constructor(private readonly database: Database) {}

  /** @returns undefined when the account is gone. @throws DomainError `service-unavailable` */
  findProfile(userId: string): Promise<Profile | undefined> {
    return this.#lookup.find(userId);
  }

  async #query(ids: readonly string[]): Promise<ReadonlyMap<string, Profile>> {
    const rows = await this.database.ask<ProfileRow>(PROFILES, [ids]);
    return new Map(rows.map((row) => [row.id, profileOf(row)]));
  }
}

function profileOf(row: ProfileRow): Profile {
  return {
    id: row.id,
    email: row.email,
    fullName: row.full_name,
    isActive: row.is_active,
    isAdmin: row.is_admin,
    createdAt: new Date(row.created_at),
    lastLogin: row.last_login === null ? null : new Date(row.last_login),
  };
}
