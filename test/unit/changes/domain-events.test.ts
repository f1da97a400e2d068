// What one room changes and what the others do about it are stored together or not at all.
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { EntityManager } from '@mikro-orm/postgresql';
import { DomainEvents } from '../../../src/changes/domain-events.ts';
import { migrate } from '../../../src/persistence/migrate.ts';
import type { OpenDatabase } from '../../../src/persistence/open-database.ts';
import { EMBEDDED_TEMPLATE } from '../../support/database-template.ts';
import { openTestDatabase } from '../../support/open-test-database.ts';

let open: OpenDatabase;
let events: DomainEvents;
let userId: string;

beforeAll(async () => {
  open = await openTestDatabase({
    url: undefined,
    dataFolder: 'memory://',
    template: EMBEDDED_TEMPLATE,
    poolSize: 1,
    statementTimeoutMs: 5000,
  });
  await migrate(open);
});
afterAll(() => open.close());
beforeEach(() => {
  events = new DomainEvents();
  userId = randomUUID();
});

async function insertUser(em: EntityManager, id: string): Promise<void> {
  await em.execute('insert into users (id, email) values (?, ?)', [id, `${id}@clinic.example`]);
}

async function isStored(em: EntityManager, id: string): Promise<boolean> {
  return (await em.execute<unknown[]>('select 1 from users where id = ?', [id])).length > 0;
}

/** Stores a user and tells the listeners, as a room would. */
function create(): Promise<void> {
  return open.database.transaction(async (em) => {
    await insertUser(em, userId);
    await events.emit(em, 'user.created', { userId });
  });
}

describe('DomainEvents', () => {
  it('are awaited in the transaction of the cause, which a listener sees and writes into', async () => {
    const consequence = randomUUID();
    let wasSeen = false;
    events.on('user.created', async (em, payload) => {
      await pause(20);
      wasSeen = await isStored(em, payload.userId);
      await insertUser(em, consequence);
    });
    await create();
    expect(wasSeen).toBe(true);
    expect(await open.database.read((em) => isStored(em, consequence))).toBe(true);
  });

  it('reach the listeners of their name one after the other, in the order of registration', async () => {
    const heard: string[] = [];
    for (const [name, delayMs] of [
      ['first', 20],
      ['second', 0],
      ['third', 10],
    ] as const) {
      events.on('account.linked', async (_em, payload) => {
        heard.push(`${name} begins`);
        await pause(delayMs);
        heard.push(`${name} ends with ${payload.uid}`);
      });
    }
    events.on('account.unlinked', () => Promise.reject(new Error('not its event')));
    await open.database.transaction((em) => events.emit(em, 'account.linked', { userId, uid: 'anna' }));
    expect(heard).toEqual(['first', 'second', 'third'].flatMap((name) => [`${name} begins`, `${name} ends with anna`]));
  });

  it('roll the cause back when a listener throws, and reach no listener after it', async () => {
    const consequence = randomUUID();
    let isReached = false;
    events.on('user.created', (em) => insertUser(em, consequence));
    events.on('user.created', () => Promise.reject(new Error('refused')));
    events.on('user.created', () => {
      isReached = true;
      return Promise.resolve();
    });
    await expect(create()).rejects.toThrow('refused');
    const stored = await open.database.read((em) => Promise.all([isStored(em, userId), isStored(em, consequence)]));
    expect(stored).toEqual([false, false]);
    expect(isReached).toBe(false);
  });

  it('undo what listeners wrote when the cause fails afterwards', async () => {
    const consequence = randomUUID();
    events.on('user.created', (em) => insertUser(em, consequence));
    const failing = open.database.transaction(async (em) => {
      await events.emit(em, 'user.created', { userId });
      throw new Error('cause failed');
    });
    await expect(failing).rejects.toThrow('cause failed');
    expect(await open.database.read((em) => isStored(em, consequence))).toBe(false);
  });

  it('have names and payloads that the compiler knows', async () => {
    const listen = (): Promise<void> => Promise.resolve();
    // @ts-expect-error -- there is no such event
    expect(() => events.on('user.renamed', listen)).toThrow(TypeError);
    // @ts-expect-error -- an account has a user id in Nextcloud
    await open.database.transaction((em) => events.emit(em, 'account.linked', { userId }));
  });
});
