import { Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import { StorageConfig } from '../config/storage.config.ts';
import { Database } from '../persistence/database.ts';
import { SchemaMigrator } from '../persistence/schema-migrator.ts';
import { failureForLog } from '../problem/failure-for-log.ts';
import { AuditAnchors, type AuditAnchor } from './audit-anchors.ts';
import { AuditTrail } from './audit-trail.ts';

const MS_PER_MINUTE = 60_000;
/** After everything else has started. */
const FIRST_AFTER_MS = 10_000;

interface CheckpointRow {
  readonly sequence: string;
  readonly mac: string;
  /** Mac of the event that the newest anchor names; null when there is no such event. */
  readonly anchored: string | null;
}

/** Keeps the end of the trail outside the database, in regular rounds: in the anchor file and in the log. */
@Injectable()
export class AuditCheckpoints implements OnModuleDestroy {
  readonly #intervalMs: number;
  readonly #log = new Logger('Audit');
  #timers: NodeJS.Timeout[] = [];
  #hasAlarmed = false;

  constructor(
    private readonly database: Database,
    private readonly anchors: AuditAnchors,
    private readonly trail: AuditTrail,
    config: StorageConfig,
    schema: SchemaMigrator,
  ) {
    this.#intervalMs = config.auditAnchorMinutes * MS_PER_MINUTE;
    schema.whenReady(() => this.#begin());
  }

  /** What was recorded since the last round must not stay without an anchor until the next start. */
  async onModuleDestroy(): Promise<void> {
    for (const timer of this.#timers) clearTimeout(timer);
    if (this.#timers.length > 0) await this.#round();
  }

  /**
   * Writes an anchor, unless the trail no longer holds the newest one: then nothing is written that would let the
   * shorter trail look right, and an event says so.
   *
   * @returns whether the trail still holds what was anchored
   */
  async takeCheckpoint(): Promise<boolean> {
    const newest = await this.anchors.newest();
    const head = await this.#head(newest);
    if (newest !== undefined && head.anchored !== newest.mac) {
      await this.#alarm(newest);
      return false;
    }
    const end: AuditAnchor = { sequence: Number(head.sequence), mac: head.mac };
    if (end.sequence === (newest?.sequence ?? 0)) return true;
    await this.anchors.write(end);
    this.#log.log({ auditSequence: end.sequence, auditMac: end.mac }, 'The end of the audit trail');
    return true;
  }

  #begin(): Promise<void> {
    const round = (): void => void this.#round();
    this.#timers = [setTimeout(round, FIRST_AFTER_MS).unref(), setInterval(round, this.#intervalMs).unref()];
    return Promise.resolve();
  }

  async #round(): Promise<void> {
    try {
      await this.takeCheckpoint();
    } catch (error) {
      this.#log.error({ ...failureForLog(error) }, 'The end of the audit trail cannot be kept');
    }
  }

  async #head(newest: AuditAnchor | undefined): Promise<CheckpointRow> {
    const [row] = await this.database.read((em) =>
      em.execute<CheckpointRow[]>(
        `select sequence, mac, (select mac from audit_events where sequence = ?) as anchored
         from audit_head where id = 1`,
        [newest?.sequence ?? 0],
      ),
    );
    return row ?? { sequence: '0', mac: '', anchored: null };
  }

  async #alarm({ sequence }: AuditAnchor): Promise<void> {
    this.#log.error({ auditSequence: sequence }, 'The audit trail has lost events that it had: npm run audit:verify');
    if (this.#hasAlarmed) return;
    this.#hasAlarmed = true;
    await this.trail.record({
      actorId: null,
      action: 'audit.verify',
      outcome: 'failure',
      details: { reason: 'anchor-missing', anchored_sequence: sequence },
    });
  }
}
