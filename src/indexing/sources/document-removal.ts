import { Injectable } from '@nestjs/common';
import type { EntityManager } from '@mikro-orm/postgresql';
import { DomainEvents } from '../../changes/domain-events.ts';
import { dropText } from './index-sequence.ts';

/** Takes documents that are gone out of the index. */
@Injectable()
export class DocumentRemoval {
  constructor(private readonly events: DomainEvents) {}

  /** Marks documents as removed and takes their text out of the index. Emits `document.removed` unless there are none. */
  async remove(em: EntityManager, userId: string, documentIds: readonly string[]): Promise<void> {
    if (documentIds.length === 0) return;
    await dropText(em, userId, documentIds);
    await em.execute(
      `update documents set state = 'removed', state_reason = null, retry_at = null, attempts = 0
       where user_id = ? and id in (select value::uuid from jsonb_array_elements_text(?::jsonb))`,
      [userId, JSON.stringify(documentIds)],
    );
    await this.events.emit(em, 'document.removed', { userId, documentIds });
  }
}
