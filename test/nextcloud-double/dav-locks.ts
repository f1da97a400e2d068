import type { FileNode } from './tree-node.ts';

/** Locks that live only while a request runs: reading shares a file, writing wants it alone. */
export class FileLocks {
  readonly #readers = new Map<FileNode, number>();
  readonly #writers = new Set<FileNode>();

  /** @returns a release function that may be called twice; null when a writer is at work. */
  tryShare(node: FileNode): (() => void) | null {
    if (this.#writers.has(node)) return null;
    this.#readers.set(node, (this.#readers.get(node) ?? 0) + 1);
    return once(() => {
      const left = (this.#readers.get(node) ?? 1) - 1;
      if (left === 0) this.#readers.delete(node);
      else this.#readers.set(node, left);
    });
  }

  /** @returns a release function; null when anybody else reads or writes. */
  tryExclude(node: FileNode): (() => void) | null {
    if (this.isBusy(node)) return null;
    this.#writers.add(node);
    return once(() => this.#writers.delete(node));
  }

  /** Turns the caller's share into the only one. @returns the release function; null when others share too. */
  tryUpgrade(node: FileNode, releaseShare: () => void): (() => void) | null {
    if (this.#writers.has(node) || (this.#readers.get(node) ?? 0) > 1) return null;
    releaseShare();
    return this.tryExclude(node);
  }

  isBusy(node: FileNode): boolean {
    return this.#writers.has(node) || this.#readers.has(node);
  }

  busyFiles(): FileNode[] {
    return [...this.#writers, ...this.#readers.keys()];
  }
}

function once(release: () => void): () => void {
  let isDone = false;
  return () => {
    if (isDone) return;
    isDone = true;
    release();
  };
}
