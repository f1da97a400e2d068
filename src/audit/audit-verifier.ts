import { Injectable } from '@nestjs/common';
import { Database } from '../persistence/database.ts';
import { KeyRing } from '../secrets/key-ring.ts';
import { AuditEvent } from './audit-event.entity.ts';
import { chainMac } from './audit-record.ts';

/** What a check of the whole trail found. */
export interface AuditVerdict {
  readonly isIntact: boolean;
  /** Rows whose place and mac are right, from the first on. */
  readonly checked: number;
  readonly fault?: AuditFault;
}

/** The first thing that is wrong. */
export interface AuditFault {
  /** Sequence of the first row that is missing, changed or not to be trusted. */
  readonly firstBadSequence: number;
  readonly reason: AuditFaultReason;
}

/** How a row is wrong; `head-mismatch`: the end of the chain is not where its head says. */
export type AuditFaultReason = 'row-missing' | 'mac-mismatch' | 'unknown-key' | 'head-mismatch';

const ROWS_PER_READ = 500;

interface Head {
  readonly sequence: number;
  readonly mac: string;
  /** Sequence of the last row there is; 0 where there is none. */
  readonly last: number;
}

/** Where the check stands: the last row that was right. */
interface Position {
  readonly sequence: number;
  readonly mac: string;
}

const START: Position = { sequence: 0, mac: '' };

/** Checks that nobody has changed, added, removed or reordered a row of the trail since it was written. */
@Injectable()
export class AuditVerifier {
  readonly #database: Database;
  readonly #ring: KeyRing;

  constructor(database: Database, ring: KeyRing) {
    this.#database = database;
    this.#ring = ring;
  }

  /** Reads the trail up to the head of this moment; rows that are appended meanwhile are left to the next check. */
  async verify(): Promise<AuditVerdict> {
    const head = await this.#head();
    let position = START;
    while (position.sequence < head.sequence) {
      const rows = await this.#rowsAfter(position.sequence, head.sequence);
      const step = this.#follow(position, rows);
      if ('reason' in step) return { isIntact: false, checked: step.firstBadSequence - 1, fault: step };
      position = step;
    }
    return verdictAt(position, head);
  }

  async #head(): Promise<Head> {
    // One statement sees one moment, whatever is appended meanwhile.
    const [row] = await this.#database.read((em) =>
      em.execute<{ sequence: string; mac: string; last: string }[]>(
        'select sequence, mac, (select coalesce(max(sequence), 0) from audit_events) as last from audit_head where id = 1',
      ),
    );
    return { sequence: Number(row?.sequence ?? 0), mac: row?.mac ?? '', last: Number(row?.last ?? 0) };
  }

  #rowsAfter(sequence: number, last: number): Promise<AuditEvent[]> {
    return this.#database.read((em) =>
      em.find(
        AuditEvent,
        { sequence: { $gt: sequence, $lte: last } },
        {
          orderBy: { sequence: 'asc' },
          limit: ROWS_PER_READ,
        },
      ),
    );
  }

  /** The position after the rows, or the first fault among them. No rows where some must be is a fault as well. */
  #follow(from: Position, rows: readonly AuditEvent[]): Position | AuditFault {
    let position = from;
    for (const row of rows) {
      const expected = position.sequence + 1;
      if (row.sequence !== expected) return { firstBadSequence: expected, reason: 'row-missing' };
      const key = this.#ring.find(row.keyId, 'audit');
      if (key === undefined) return { firstBadSequence: expected, reason: 'unknown-key' };
      if (chainMac(key, position.mac, chained(row)) !== row.mac) {
        return { firstBadSequence: expected, reason: 'mac-mismatch' };
      }
      position = { sequence: expected, mac: row.mac };
    }
    return rows.length === 0 ? { firstBadSequence: from.sequence + 1, reason: 'row-missing' } : position;
  }
}

/** Every row up to the head is right: the head must be that of the last one, and nothing may lie behind it. */
function verdictAt(position: Position, head: Head): AuditVerdict {
  const checked = position.sequence;
  if (position.mac !== head.mac) {
    return { isIntact: false, checked, fault: { firstBadSequence: Math.max(1, checked), reason: 'head-mismatch' } };
  }
  if (head.last > head.sequence) {
    return { isIntact: false, checked, fault: { firstBadSequence: head.sequence + 1, reason: 'head-mismatch' } };
  }
  return { isIntact: true, checked };
}

function chained(row: AuditEvent): Parameters<typeof chainMac>[2] {
  return {
    sequence: row.sequence,
    occurredAt: row.occurredAt,
    actorId: row.actorId ?? null,
    action: row.action,
    outcome: row.outcome,
    targetType: row.targetType ?? null,
    targetId: row.targetId ?? null,
    address: row.address ?? null,
    requestId: row.requestId ?? null,
    details: row.details,
    keyId: row.keyId,
  };
}
