/** The index holds less than the caller knows exists: feed it from `appliedSequence` on, then search again. */
export class PassageIndexBehindError extends Error {
  readonly appliedSequence: number;

  constructor(appliedSequence: number) {
    super('The passage index has not applied all changes of this owner.');
    this.name = 'PassageIndexBehindError';
    this.appliedSequence = appliedSequence;
  }
}

/** One owner's passages alone exceed the memory of the index; the owner was dropped from it. */
export class PassageIndexFullError extends Error {
  constructor() {
    super('The passages of this owner do not fit into the passage index.');
    this.name = 'PassageIndexFullError';
  }
}

/** The index stopped, by a fault or because it was closed. After a fault it restarts empty on the next call. */
export class PassageIndexUnavailableError extends Error {
  constructor(options?: ErrorOptions) {
    super('The passage index is not available.', options);
    this.name = 'PassageIndexUnavailableError';
  }
}
