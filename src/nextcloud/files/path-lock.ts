import { Injectable } from '@nestjs/common';

/**
 * One write at a time for each path of an account, in the order of arrival. Nextcloud compares the entity tag before it
 * takes the lock of a file, so that of two writers at once both could find it right; and writers that meet all lose.
 */
@Injectable()
export class PathLock {
  readonly #last = new Map<string, Promise<unknown>>();

  async runExclusive<Result>(account: string, path: string, work: () => Promise<Result>): Promise<Result> {
    const key = `${account} ${path}`;
    const mine = (this.#last.get(key) ?? Promise.resolve()).then(work, work);
    this.#last.set(key, mine);
    try {
      return await mine;
    } finally {
      if (this.#last.get(key) === mine) this.#last.delete(key);
    }
  }
}
