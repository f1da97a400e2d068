import { randomUUIDv7 } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from '@mikro-orm/postgresql';
import { DomainEvents } from '../changes/domain-events.ts';
import { isUniqueViolation } from '../persistence/database-failure.ts';
import { DomainError } from '../problem/domain-error.ts';
import { User } from './user.entity.ts';

/** What a new account consists of. */
export interface NewUser {
  /** In any spelling; stored normalized. */
  readonly email: string;
  readonly fullName: string | null;
  /** Null for who logs in another way. */
  readonly hashedPassword: string | null;
  readonly isAdmin: boolean;
}

/** One account per address: the spelling under which an address is stored, counted and looked up. */
export function normalizeEmail(email: string): string {
  return email.trim().normalize('NFC').toLowerCase();
}

/** Finds and stores accounts. */
@Injectable()
export class UsersRepository {
  constructor(private readonly events: DomainEvents) {}

  /** @param email in any spelling */
  findByEmail(em: EntityManager, email: string): Promise<User | null> {
    return em.findOne(User, { email: normalizeEmail(email) });
  }

  findById(em: EntityManager, userId: string): Promise<User | null> {
    return em.findOne(User, { id: userId });
  }

  /** The account, locked until the transaction ends, so that its rights cannot change meanwhile. */
  async findLocked(em: EntityManager, userId: string): Promise<User | null> {
    await em.execute('select 1 from users where id = ? for update', [userId]);
    return em.findOne(User, { id: userId }, { refresh: true });
  }

  /** Emits `user.created`. @throws DomainError `email-taken` */
  async insert(em: EntityManager, user: NewUser): Promise<User> {
    const id = randomUUIDv7();
    try {
      await em.execute('insert into users (id, email, full_name, hashed_password, is_admin) values (?, ?, ?, ?, ?)', [
        id,
        normalizeEmail(user.email),
        user.fullName,
        user.hashedPassword,
        user.isAdmin,
      ]);
    } catch (error) {
      if (isUniqueViolation(error, 'users_email_unique')) throw new DomainError('email-taken', { cause: error });
      throw error;
    }
    const created = await em.findOneOrFail(User, { id });
    await this.events.emit(em, 'user.created', { userId: id });
    return created;
  }

  /** @param hashedPassword bcrypt hash */
  async replacePassword(em: EntityManager, userId: string, hashedPassword: string): Promise<void> {
    await em.execute('update users set hashed_password = ?, updated_at = now() where id = ?', [hashedPassword, userId]);
  }

  /** Stores another hash of the same password, unless the password was changed meanwhile. */
  async renewHash(
    em: EntityManager,
    userId: string,
    { outdated, renewed }: { readonly outdated: string; readonly renewed: string },
  ): Promise<void> {
    await em.execute('update users set hashed_password = ? where id = ? and hashed_password = ?', [
      renewed,
      userId,
      outdated,
    ]);
  }

  /** The first time counts. */
  async markEmailVerified(em: EntityManager, userId: string): Promise<void> {
    await em.execute(
      'update users set email_verified_at = coalesce(email_verified_at, clock_timestamp()), updated_at = now() where id = ?',
      [userId],
    );
  }

  /** Gives an account an address that its owner has shown to receive mail at. @throws DomainError `email-taken` */
  async replaceEmail(em: EntityManager, userId: string, email: string): Promise<void> {
    try {
      await em.execute(
        'update users set email = ?, email_verified_at = clock_timestamp(), updated_at = now() where id = ?',
        [normalizeEmail(email), userId],
      );
    } catch (error) {
      if (isUniqueViolation(error, 'users_email_unique')) throw new DomainError('email-taken', { cause: error });
      throw error;
    }
  }

  async recordLogin(em: EntityManager, userId: string): Promise<void> {
    await em.execute('update users set last_login = now() where id = ?', [userId]);
  }
}
