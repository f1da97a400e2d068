import { Injectable } from '@nestjs/common';
import type { EntityManager } from '@mikro-orm/postgresql';

interface UserEvent {
  readonly userId: string;
}

/** A user has proved to own an identity at another issuer. */
interface IdentityEvent extends UserEvent {
  /** Name of the provider in the configuration. */
  readonly provider: string;
  readonly issuer: string;
  readonly subject: string;
}

/** An account of the user in Nextcloud. */
interface AccountEvent extends UserEvent {
  /** User id in Nextcloud. */
  readonly uid: string;
}

interface RefusedAccountEvent extends UserEvent {
  readonly problemCode: 'account-link-invalid' | 'account-suspended';
}

interface DocumentsEvent extends UserEvent {
  readonly documentIds: readonly string[];
}

/** Every event, and what its listeners are told: ids and plain values, never an entity. */
export interface DomainEventPayloads {
  readonly 'user.created': UserEvent;
  /** Emitted after the sessions and jobs of the user have ended. */
  readonly 'user.deactivated': UserEvent;
  readonly 'user.reactivated': UserEvent;
  /** Emitted while the row and the key of the user still exist, after the sessions and jobs have ended. */
  readonly 'user.deleted': UserEvent;
  /** At every login through another issuer. */
  readonly 'identity.verified': IdentityEvent;
  readonly 'account.linked': AccountEvent;
  /** Also when an account of another Nextcloud user takes its place; `account.linked` follows then. */
  readonly 'account.unlinked': UserEvent;
  /** Nextcloud accepts the credential no more, or has disabled the user. */
  readonly 'account.refused': RefusedAccountEvent;
  /** Once for all documents that one transaction removes. */
  readonly 'document.removed': DocumentsEvent;
}

export type DomainEventName = keyof DomainEventPayloads;

/** Runs in the transaction of the cause, with its entity manager. */
export type DomainEventListener<Name extends DomainEventName> = (
  em: EntityManager,
  payload: DomainEventPayloads[Name],
) => Promise<void>;

/**
 * Lets rooms react to each other's changes without importing each other. Listeners run one after the other in the
 * transaction of the cause, and one that throws rolls it back. No listener may rely on another of the same event having
 * run: their order is that of their registration, which is the order in which modules are loaded.
 */
@Injectable()
export class DomainEvents {
  readonly #listeners: { readonly [Name in DomainEventName]: DomainEventListener<Name>[] } = {
    'user.created': [],
    'user.deactivated': [],
    'user.reactivated': [],
    'user.deleted': [],
    'identity.verified': [],
    'account.linked': [],
    'account.unlinked': [],
    'account.refused': [],
    'document.removed': [],
  };

  /** Registers a listener; call it in a constructor. */
  on<Name extends DomainEventName>(name: Name, listener: DomainEventListener<Name>): void {
    this.#listeners[name].push(listener);
  }

  /** Call it in the transaction of the cause. Resolves when every listener has. */
  async emit<Name extends DomainEventName>(
    em: EntityManager,
    name: Name,
    payload: DomainEventPayloads[Name],
  ): Promise<void> {
    for (const listener of this.#listeners[name]) await listener(em, payload);
  }
}
