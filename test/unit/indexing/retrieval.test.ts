// Bringing the index up to date, and never answering from what the database does not hold.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { DomainEvents } from '../../../src/changes/domain-events.ts';
import { EmbeddedPassageIndex } from '../../../src/indexing/passage-index/embedded/embedded-passage-index.ts';
import { PassageIndexFullError } from '../../../src/indexing/passage-index/passage-index.errors.ts';
import { PassageIndex } from '../../../src/indexing/passage-index/passage-index.port.ts';
import type {
  PassageChange,
  PassageChangeBase,
  PassageHit,
} from '../../../src/indexing/passage-index/passage-index.types.ts';
import { EvictedOwners } from '../../../src/indexing/retrieval/evicted-owners.ts';
import { IndexSync } from '../../../src/indexing/retrieval/index-sync.ts';
import { RetrievalService } from '../../../src/indexing/retrieval/retrieval.service.ts';
import { DocumentRemoval } from '../../../src/indexing/sources/document-removal.ts';
import { SourceUnlinkedJob } from '../../../src/indexing/sources/source-unlinked.job.ts';
import { jobContext, SEALER } from '../../support/indexing-parts.ts';
import { StageHouse, type Stage } from '../../support/scan-stage.ts';

let house: StageHouse;
let stage: Stage;
const indexes: PassageIndex[] = [];

beforeAll(async () => {
  house = await StageHouse.build();
});
afterAll(async () => {
  for (const index of indexes) await index.close();
  await house.close();
});
beforeEach(async () => {
  stage = await house.stage();
  stage.source.put('/Documents/a.txt', 'Aspirin thins the blood.');
  stage.source.put('/Documents/b.txt', 'Insulin lowers the sugar.');
  await stage.scan();
});

/** A process with an index of its own on the shared database. */
function retrieval(index: PassageIndex = new EmbeddedPassageIndex()): RetrievalService {
  indexes.push(index);
  const { database } = house.open;
  return new RetrievalService(database, index, new IndexSync(database, index, SEALER), SEALER);
}

async function find(service: RetrievalService, query: string, userId = stage.userId): Promise<string[]> {
  return (await service.retrieve(userId, { query, topK: 5 })).map(({ text }) => text);
}

describe('retrieval', () => {
  it('X-idx7: finds by words, and nothing for words that no document holds', async () => {
    const service = retrieval();
    expect(await find(service, 'What does insulin do?')).toEqual(['Insulin lowers the sugar.']);
    expect(await find(service, 'penicillin')).toEqual([]);
  });

  it('S30: mixes no owners, whatever both documents say', async () => {
    const other = await house.stage();
    other.source.put('/Documents/a.txt', 'Aspirin of somebody else.');
    await other.scan();
    const service = retrieval();
    expect(await find(service, 'aspirin')).toEqual(['Aspirin thins the blood.']);
    expect(await find(service, 'aspirin', other.userId)).toEqual(['Aspirin of somebody else.']);
    const { '/Documents/a.txt': mine } = await stage.documents();
    expect(await service.retrieve(other.userId, { query: 'aspirin', topK: 5, documentIds: [mine!.id] })).toEqual([]);
  });

  it('sees changes and removals of another process with its next question', async () => {
    const service = retrieval();
    expect(await find(service, 'aspirin insulin')).toHaveLength(2);
    stage.source.put('/Documents/a.txt', 'Aspirin lowers fever.');
    stage.source.remove('/Documents/b.txt');
    await stage.scan();
    expect(await find(service, 'aspirin insulin')).toEqual(['Aspirin lowers fever.']);
  });

  it('rebuilds a lost index from the database, in several processes alike', async () => {
    const services = [retrieval(), retrieval()];
    const index = indexes.at(-1)!;
    await find(services[1]!, 'aspirin');
    await index.forget(stage.userId);
    const answers = await Promise.all(services.map((service) => find(service, 'aspirin sugar')));
    expect(answers[0]).toHaveLength(2);
    expect(answers[1]).toEqual(answers[0]);
  });

  it('feeds an index once for many questions at the same time', async () => {
    const index = new CountingIndex();
    const service = retrieval(index);
    await Promise.all(Array.from({ length: 8 }, () => find(service, 'aspirin')));
    expect(index.applied).toBe(1);
  });

  it('answers when the index is evicted between feeding and searching', async () => {
    const index = new CountingIndex();
    index.evictions = 1;
    expect(await find(retrieval(index), 'aspirin')).toEqual(['Aspirin thins the blood.']);
  });

  it('says so, instead of answering from nothing, when the index keeps being evicted', async () => {
    const index = new CountingIndex();
    index.evictions = Number.POSITIVE_INFINITY;
    await expect(find(retrieval(index), 'aspirin')).rejects.toMatchObject({ code: 'service-unavailable' });
  });

  it('says so when the documents of the owner do not fit into the index', async () => {
    await expect(find(retrieval(new FullIndex()), 'aspirin')).rejects.toMatchObject({ code: 'search-index-full' });
  });

  it('never shows what a stale index still holds but the database does not', async () => {
    const service = retrieval(new FrozenIndex());
    expect(await find(service, 'aspirin')).toHaveLength(1);
    stage.source.remove('/Documents/a.txt');
    await stage.scan();
    expect(await find(service, 'aspirin')).toEqual([]);
  });

  it('S30, X-idx5: shows nothing of another owner even when the index mixes owners up', async () => {
    const other = await house.stage();
    expect(await find(retrieval(new MixingIndex(stage.userId)), 'aspirin', other.userId)).toEqual([]);
    expect(await find(retrieval(new MixingIndex(stage.userId)), 'aspirin')).toHaveLength(1);
  });

  it('goes on answering from the last version while a new one waits to be read', async () => {
    const service = retrieval();
    await house.open.database.read((em) =>
      em.execute(`update documents set state = 'pending' where user_id = ?`, [stage.userId]),
    );
    expect(await find(service, 'aspirin')).toEqual(['Aspirin thins the blood.']);
  });

  it('has nothing to say about an owner without documents', async () => {
    const stranger = await house.stage();
    expect(await find(retrieval(), 'aspirin', stranger.userId)).toEqual([]);
  });
});

class CountingIndex extends EmbeddedPassageIndex {
  applied = 0;
  evictions = 0;

  override async apply(ownerId: string, changes: readonly PassageChange[], base: PassageChangeBase): Promise<void> {
    this.applied += 1;
    await super.apply(ownerId, changes, base);
  }

  override async search(...parameters: Parameters<EmbeddedPassageIndex['search']>): Promise<PassageHit[]> {
    if (this.evictions > 0) {
      this.evictions -= 1;
      await this.forget(parameters[0]);
    }
    return super.search(...parameters);
  }
}

class FullIndex extends EmbeddedPassageIndex {
  override apply(): Promise<void> {
    return Promise.reject(new PassageIndexFullError());
  }
}

/** Searches one owner's passages whoever asks. */
class MixingIndex extends EmbeddedPassageIndex {
  constructor(private readonly ownerId: string) {
    super();
  }

  override async search(...[, query, options]: Parameters<EmbeddedPassageIndex['search']>): Promise<PassageHit[]> {
    await new IndexSync(house.open.database, this, SEALER).catchUp(this.ownerId);
    return super.search(this.ownerId, query, { limit: options.limit });
  }
}

/** Takes what comes first and never changes again, while it says that it has. */
class FrozenIndex extends EmbeddedPassageIndex {
  #reached = 0;

  override async apply(ownerId: string, changes: readonly PassageChange[], base: PassageChangeBase): Promise<void> {
    if (this.#reached === 0) await super.apply(ownerId, changes, base);
    this.#reached = Math.max(this.#reached, ...changes.map(({ sequence }) => sequence));
  }

  override appliedSequence(): Promise<number> {
    return Promise.resolve(this.#reached);
  }

  override search(...[ownerId, query, options]: Parameters<EmbeddedPassageIndex['search']>): Promise<PassageHit[]> {
    const { atLeastSequence: _, ...rest } = options;
    return super.search(ownerId, query, rest);
  }
}

describe('passages in memory', () => {
  /** A process whose index is shown beside it. */
  function processOf(): { find: () => Promise<string[]>; forgotten: EvictedOwners; held: () => Promise<number> } {
    const { database } = house.open;
    const index = new EmbeddedPassageIndex();
    indexes.push(index);
    const indexSync = new IndexSync(database, index, SEALER);
    const service = new RetrievalService(database, index, indexSync, SEALER);
    return {
      find: () => find(service, 'aspirin'),
      forgotten: new EvictedOwners(database, indexSync, new DomainEvents()),
      held: () => index.appliedSequence(stage.userId),
    };
  }

  it('S31: of a deleted account go, in every process that held them, and no others do', async () => {
    const [one, two] = [processOf(), processOf()];
    await Promise.all([one.find(), two.find()]);
    expect(await one.forgotten.evictGone()).toBe(0);
    expect(await one.held()).toBeGreaterThan(0);
    await house.open.database.read((em) => em.execute('delete from users where id = ?', [stage.userId]));
    expect([await one.forgotten.evictGone(), await two.forgotten.evictGone()]).toEqual([1, 1]);
    expect([await one.held(), await two.held()]).toEqual([0, 0]);
    expect(await one.forgotten.evictGone()).toBe(0);
  });

  it('S31: of an unlinked account go with the job that forgets its documents', async () => {
    const { database } = house.open;
    const index = new EmbeddedPassageIndex();
    indexes.push(index);
    const indexSync = new IndexSync(database, index, SEALER);
    await find(new RetrievalService(database, index, indexSync, SEALER), 'aspirin');
    const removal = new DocumentRemoval(new DomainEvents());
    const counters = await new SourceUnlinkedJob(database, indexSync, removal).run(jobContext(stage.userId));
    expect(counters).toEqual({ files_removed: 2 });
    expect(await index.appliedSequence(stage.userId)).toBe(0);
  });

  it('of an account that ends go at once', async () => {
    const { database } = house.open;
    const index = new EmbeddedPassageIndex();
    indexes.push(index);
    const indexSync = new IndexSync(database, index, SEALER);
    await find(new RetrievalService(database, index, indexSync, SEALER), 'aspirin');
    const events = new DomainEvents();
    new EvictedOwners(database, indexSync, events);
    await database.transaction((em) => events.emit(em, 'user.deactivated', { userId: stage.userId }));
    expect(await index.appliedSequence(stage.userId)).toBe(0);
  });
});
