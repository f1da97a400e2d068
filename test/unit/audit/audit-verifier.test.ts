// S58: whatever the owner of the database does to the trail, the check names the first row that is wrong.
import { randomBytes, randomUUID } from 'node:crypto';
import { Logger } from '@nestjs/common';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AuditAnchors } from '../../../src/audit/audit-anchors.ts';
import { StorageConfig } from '../../../src/config/storage.config.ts';
import { AuditCheckpoints } from '../../../src/audit/audit-checkpoints.ts';
import type { AuditRecord } from '../../../src/audit/audit-record.ts';
import { AuditTrail } from '../../../src/audit/audit-trail.ts';
import { AuditVerifier } from '../../../src/audit/audit-verifier.ts';
import { loadConfiguration } from '../../../src/config/load-configuration.ts';
import { migrate } from '../../../src/persistence/migrate.ts';
import type { OpenDatabase } from '../../../src/persistence/open-database.ts';
import { EMBEDDED_TEMPLATE } from '../../support/database-template.ts';
import { SchemaMigrator } from '../../../src/persistence/schema-migrator.ts';
import { KeyRing } from '../../../src/secrets/key-ring.ts';
import { openTestDatabase } from '../../support/open-test-database.ts';

const KEY = `k1:${randomBytes(32).toString('base64')}`;
const ROWS = 12;

const dataDir = mkdtempSync(join(tmpdir(), 'voiceassist-anchors-'));
const anchorFile = join(dataDir, 'audit-heads.jsonl');
const { storage } = loadConfiguration({ DATA_DIR: dataDir });
const anchorsOf = (ring: KeyRing): AuditAnchors => new AuditAnchors(storage, ring);

let open: OpenDatabase;
let trail: AuditTrail;
let verifier: AuditVerifier;
let checkpoints: AuditCheckpoints;

beforeAll(async () => {
  Logger.overrideLogger(false);
  open = await openTestDatabase({
    url: undefined,
    dataFolder: 'memory://',
    template: EMBEDDED_TEMPLATE,
    poolSize: 1,
    statementTimeoutMs: 5000,
  });
  await migrate(open);
  trail = new AuditTrail(open.database, new KeyRing(KEY));
  verifier = new AuditVerifier(open.database, new KeyRing(KEY), anchorsOf(new KeyRing(KEY)));
  checkpoints = new AuditCheckpoints(
    open.database,
    anchorsOf(new KeyRing(KEY)),
    trail,
    storage,
    new SchemaMigrator(open),
  );
});
afterAll(async () => {
  await open.close();
  rmSync(dataDir, { recursive: true, force: true });
});

beforeEach(async () => {
  rmSync(anchorFile, { force: true });
  await sql('delete from audit_events');
  await sql("update audit_head set sequence = 0, mac = ''");
  for (let index = 1; index <= ROWS; index += 1) {
    // Details of every kind and in no order: the chain covers whatever an action says.
    await trail.record({
      actorId: randomUUID(),
      action: 'session.login',
      outcome: 'success',
      targetType: 'user',
      targetId: `target-${index}`,
      details: { z: index, a: true, text: 'ä"\\' },
    } as unknown as AuditRecord);
  }
});

function sql(statement: string): Promise<unknown> {
  return open.database.read((em) => em.execute(statement));
}

describe('AuditVerifier', () => {
  it('finds an untouched trail intact, also an empty one', async () => {
    await expect(verifier.verify()).resolves.toEqual({ isIntact: true, checked: ROWS });
    rmSync(anchorFile);
    await sql('delete from audit_events');
    await sql("update audit_head set sequence = 0, mac = ''");
    await expect(verifier.verify()).resolves.toEqual({ isIntact: true, checked: 0 });
  });

  it.each([
    ["actor_id = '019aab7c-2f10-7c3e-8d55-5a1f0c9b7e21'"],
    ['actor_id = null'],
    ["occurred_at = occurred_at + interval '1 millisecond'"],
    ["action = 'session.logout'"],
    ["outcome = 'failure'"],
    ["target_type = 'file'"],
    ["target_id = 'target-1'"],
    ["address = '192.0.2.1'"],
    ["request_id = 'other'"],
    [`details = '{"a": true, "z": 8, "text": "changed"}'`],
    ["mac = repeat('0', 64)"],
  ])('S58 names the row whose %s', async (assignment) => {
    await sql(`update audit_events set ${assignment} where sequence = 7`);
    await expect(verifier.verify()).resolves.toEqual({
      isIntact: false,
      checked: 6,
      fault: { firstBadSequence: 7, reason: 'mac-mismatch' },
    });
  });

  it.each([
    ['a row is removed from the middle', ['delete from audit_events where sequence = 7'], 7, 'row-missing'],
    ['the first row is removed', ['delete from audit_events where sequence = 1'], 1, 'row-missing'],
    ['the newest rows are removed', ['delete from audit_events where sequence > 9'], 10, 'row-missing'],
    [
      'a row is removed and the others close up',
      [
        'delete from audit_events where sequence = 7',
        'update audit_events set sequence = -sequence where sequence > 7',
        'update audit_events set sequence = -sequence - 1 where sequence < 0',
        'update audit_head set sequence = 11',
      ],
      7,
      'mac-mismatch',
    ],
    [
      'two rows change places',
      [
        'update audit_events set sequence = -4 where sequence = 4',
        'update audit_events set sequence = 4 where sequence = 5',
        'update audit_events set sequence = 5 where sequence = -4',
      ],
      4,
      'mac-mismatch',
    ],
    [
      'a row is copied in at the end',
      [
        `insert into audit_events select 13, occurred_at, actor_id, action, outcome, target_type, target_id, address,
           request_id, details, key_id, mac from audit_events where sequence = 12`,
      ],
      13,
      'head-mismatch',
    ],
    ['the head is set back', ['update audit_head set sequence = 11'], 11, 'head-mismatch'],
    ['the mac of the head changes', ["update audit_head set mac = repeat('0', 64)"], 12, 'head-mismatch'],
    [
      'the key of a row is not in the ring',
      ["update audit_events set key_id = 'gone' where sequence = 3"],
      3,
      'unknown-key',
    ],
  ])('S58 finds it when %s', async (_, statements, firstBadSequence, reason) => {
    for (const statement of statements) await sql(statement);
    await expect(verifier.verify()).resolves.toMatchObject({ isIntact: false, fault: { firstBadSequence, reason } });
  });

  it('finds a trail intact that was written under an old key and a new one', async () => {
    const ring = new KeyRing(`k2:${randomBytes(32).toString('base64')},${KEY}`);
    await new AuditTrail(open.database, ring).record({
      actorId: null,
      action: 'key.rotate',
      outcome: 'success',
      targetType: 'sealing-key',
      details: { count: 1 },
    });
    await expect(new AuditVerifier(open.database, ring, anchorsOf(ring)).verify()).resolves.toEqual({
      isIntact: true,
      checked: ROWS + 1,
    });
  });

  it('S58 does not take rows that somebody signed with another key', async () => {
    const stranger = new KeyRing(`k1:${randomBytes(32).toString('base64')}`);
    await expect(new AuditVerifier(open.database, stranger, anchorsOf(stranger)).verify()).resolves.toMatchObject({
      fault: { firstBadSequence: 1, reason: 'mac-mismatch' },
    });
  });

  it('keeps one chain without gaps when many append at once', async () => {
    await Promise.all(
      Array.from({ length: 40 }, () =>
        trail.record({ actorId: null, action: 'nextcloud-group.create', outcome: 'success' }),
      ),
    );
    await expect(verifier.verify()).resolves.toEqual({ isIntact: true, checked: ROWS + 40 });
  });
});

describe('the ends of the trail that are kept outside the database', () => {
  /** What the owner of the database does to make a shorter trail hold by itself; no key is needed. */
  async function removeNewest(count: number): Promise<void> {
    await sql(`delete from audit_events where sequence > ${ROWS - count}`);
    await sql(
      `update audit_head h set sequence = e.sequence, mac = e.mac from audit_events e where e.sequence = ${ROWS - count}`,
    );
  }

  async function append(): Promise<void> {
    await trail.record({ actorId: null, action: 'session.login', outcome: 'success', details: { methods: 'pwd' } });
  }

  it('S58: are needed: without them a trail whose newest rows are gone looks right', async () => {
    await removeNewest(3);
    await expect(verifier.verify()).resolves.toMatchObject({ isIntact: true, checked: ROWS - 3 });
  });

  it.each(['a check', 'a checkpoint'])('S58: name the place after %s when the newest rows are removed', async (how) => {
    if (how === 'a check') await verifier.verify();
    else await expect(checkpoints.takeCheckpoint()).resolves.toBe(true);
    await removeNewest(3);
    await expect(verifier.verify()).resolves.toEqual({
      isIntact: false,
      checked: ROWS - 3,
      fault: { firstBadSequence: ROWS - 2, reason: 'newest-rows-removed' },
    });
  });

  it('S58: show removed rows also after as many new ones were appended', async () => {
    await checkpoints.takeCheckpoint();
    await removeNewest(3);
    for (let index = 0; index < 5; index += 1) await append();
    await expect(verifier.verify()).resolves.toMatchObject({
      isIntact: false,
      fault: { firstBadSequence: ROWS, reason: 'anchor-mismatch' },
    });
  });

  it('S58: are not added to once the trail has lost events, and an event says so once', async () => {
    await checkpoints.takeCheckpoint();
    const before = readFileSync(anchorFile, 'utf8');
    await removeNewest(1);
    await expect(checkpoints.takeCheckpoint()).resolves.toBe(false);
    await expect(checkpoints.takeCheckpoint()).resolves.toBe(false);
    expect(readFileSync(anchorFile, 'utf8')).toBe(before);
    const events = await sql("select 1 from audit_events where action = 'audit.verify' and outcome = 'failure'");
    expect(events).toHaveLength(1);
  });

  it('are written once per end, readable by the owner only', async () => {
    await checkpoints.takeCheckpoint();
    await checkpoints.takeCheckpoint();
    await append();
    await checkpoints.takeCheckpoint();
    const lines = readFileSync(anchorFile, 'utf8').trim().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as { sequence: number }).sequence)).toEqual([ROWS, ROWS + 1]);
    expect(statSync(anchorFile).mode & 0o777).toBe(0o600);
  });

  it('S58: count only when signed: a forged one proves nothing, a cut line does no harm', async () => {
    await checkpoints.takeCheckpoint();
    const forged = { ...(JSON.parse(readFileSync(anchorFile, 'utf8')) as object), sequence: 999 };
    appendFileSync(anchorFile, `${JSON.stringify(forged)}\n{"at":"2026-`);
    await expect(verifier.verify()).resolves.toMatchObject({ isIntact: true });
    writeFileSync(anchorFile, `${JSON.stringify(forged)}\n`);
    await expect(anchorsOf(new KeyRing(KEY)).read()).resolves.toEqual([]);
  });

  it('F8 are a minute apart at most unless told otherwise, and the newest is found at the end of a long file', async () => {
    expect(new StorageConfig().auditAnchorMinutes).toBe(1);
    const anchors = anchorsOf(new KeyRing(KEY));
    for (let sequence = 1; sequence <= 200; sequence += 1) await anchors.write({ sequence, mac: `${sequence}` });
    appendFileSync(anchorFile, '{"at":"2026-');
    await expect(anchors.newest()).resolves.toEqual({ sequence: 200, mac: '200' });
    // Lines that nobody signed push the signed ones out of the end.
    appendFileSync(anchorFile, `\n${'{"sequence": 999}\n'.repeat(2_000)}`);
    await expect(anchors.newest()).resolves.toEqual({ sequence: 200, mac: '200' });
  });

  it('end a check early when its client goes away', async () => {
    await expect(verifier.verify({ signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'request-timeout' });
  });
});
