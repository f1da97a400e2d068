import { Injectable } from '@nestjs/common';
import { Database } from '../persistence/database.ts';
import { DomainError } from '../problem/domain-error.ts';
import { KeyRing } from '../secrets/key-ring.ts';
import { AuditAnchors, type AuditAnchor } from './audit-anchors.ts';
import { AuditEvent } from './audit-event.entity.ts';
import { chainMac } from './audit-record.ts';

/** What a check of the whole trail found. */
export interface AuditVerdict {
  readonly isIntact: boolean;
  /** Rows with the right sequence number and mac, from the first on. */
  readonly checked: number;
  readonly fault?: AuditFault;
}

/** The first thing that is wrong. */
export interface AuditFault {
  /** Sequence of the first row that is missing, changed or not to be trusted. */
  readonly firstBadSequence: number;
  readonly reason: AuditFaultReason;
}

/**
 * How a row is wrong. `head-mismatch`: the end of the chain is not where its head says. `anchor-mismatch`: the row is not
 * the one that was anchored outside the database. `newest-rows-removed`: the trail was longer when that was kept.
 */
export type AuditFaultReason =
  'row-missing' | 'mac-mismatch' | 'unknown-key' | 'head-mismatch' | 'anchor-mismatch' | 'newest-rows-removed';

const ROWS_PER_READ = 500;

interface Head {
  readonly sequence: number;
  readonly mac: string;
  /** Sequence of the last row there is; 0 where there is none. */
  readonly last: number;
}

/** How a check is ended early and followed. */
export interface CheckOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
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
  constructor(
    private readonly database: Database,
    private readonly ring: KeyRing,
    private readonly anchors: AuditAnchors,
  ) {}

  /**
   * Reads the trail up to the head of this moment, a few rows at a time; rows that are appended meanwhile are left to
   * the next check. The end of a trail that is intact is kept outside the database.
   *
   * @throws DomainError `request-timeout` when `signal` aborts
   */
  async verify({ signal, onProgress }: CheckOptions = {}): Promise<AuditVerdict> {
    const anchors = await this.anchors.read();
    const head = await this.#head();
    let position = START;
    while (position.sequence < head.sequence) {
      if (signal?.aborted === true) throw new DomainError('request-timeout');
      const rows = await this.#rowsAfter(position.sequence, head.sequence);
      const step = this.#follow(position, rows, anchors);
      if ('reason' in step) return { isIntact: false, checked: step.firstBadSequence - 1, fault: step };
      position = step;
      onProgress?.({ done: position.sequence, total: head.sequence });
    }
    const verdict = verdictAt(position, head, anchors);
    if (verdict.isIntact && head.sequence > (anchors.at(-1)?.sequence ?? 0)) await this.anchors.write(head);
    return verdict;
  }

  async #head(): Promise<Head> {
    // One statement sees one moment, whatever is appended meanwhile.
    const [row] = await this.database.read((em) =>
      em.execute<{ sequence: string; mac: string; last: string }[]>(
        'select sequence, mac, (select coalesce(max(sequence), 0) from audit_events) as last from audit_head where id = 1',
      ),
    );
    return { sequence: Number(row?.sequence ?? 0), mac: row?.mac ?? '', last: Number(row?.last ?? 0) };
  }

  #rowsAfter(sequence: number, last: number): Promise<AuditEvent[]> {
    return this.database.read((em) =>
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
  #follow(from: Position, rows: readonly AuditEvent[], anchors: readonly AuditAnchor[]): Position | AuditFault {
    let position = from;
    const anchored = Map.groupBy(
      anchors.filter(({ sequence }) => sequence > from.sequence && sequence <= from.sequence + rows.length),
      ({ sequence }) => sequence,
    );
    const keys = new Map<string, Buffer | undefined>();
    for (const row of rows) {
      const expected = position.sequence + 1;
      if (row.sequence !== expected) return { firstBadSequence: expected, reason: 'row-missing' };
      if (!keys.has(row.keyId)) keys.set(row.keyId, this.ring.findKey(row.keyId, 'audit'));
      const key = keys.get(row.keyId);
      if (key === undefined) return { firstBadSequence: expected, reason: 'unknown-key' };
      if (chainMac(key, position.mac, chained(row)) !== row.mac) {
        return { firstBadSequence: expected, reason: 'mac-mismatch' };
      }
      if (anchored.get(expected)?.some(({ mac }) => mac !== row.mac) === true) {
        return { firstBadSequence: expected, reason: 'anchor-mismatch' };
      }
      position = { sequence: expected, mac: row.mac };
    }
    return rows.length === 0 ? { firstBadSequence: from.sequence + 1, reason: 'row-missing' } : position;
  }
}

/** Every row up to the head is right: the head must be that of the last one, and nothing may lie behind it. */
function verdictAt(position: Position, head: Head, anchors: readonly AuditAnchor[]): AuditVerdict {
  const checked = position.sequence;
  if (position.mac !== head.mac) {
    return { isIntact: false, checked, fault: { firstBadSequence: Math.max(1, checked), reason: 'head-mismatch' } };
  }
  if (head.last > head.sequence) {
    return { isIntact: false, checked, fault: { firstBadSequence: head.sequence + 1, reason: 'head-mismatch' } };
  }
  if ((anchors.at(-1)?.sequence ?? 0) > head.sequence) {
    return { isIntact: false, checked, fault: { firstBadSequence: checked + 1, reason: 'newest-rows-removed' } };
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
