/** The thread of the embedded passage index: answers one message per call, searches ahead of running changes. */
import { parentPort, workerData } from 'node:worker_threads';
import { OwnerCache } from './owner-cache.ts';
import { PassageIndexBehindError, PassageIndexFullError } from '../passage-index.errors.ts';
import type {
  PassageIndexCall,
  PassageIndexRequest,
  PassageIndexResponse,
  PassageIndexValue,
  PassageIndexWorkerOptions,
} from './passage-index.messages.ts';

const owners = new OwnerCache((workerData as PassageIndexWorkerOptions).maxBytes);

parentPort?.on('message', (request) => void answer(request as PassageIndexRequest));

/** An error that is not foreseen ends the thread; the adapter then rejects what waits and starts an empty index. */
async function answer({ id, call }: PassageIndexRequest): Promise<void> {
  let response: PassageIndexResponse;
  try {
    response = { id, outcome: 'done', value: await perform(call) };
  } catch (error) {
    if (error instanceof PassageIndexBehindError) {
      response = { id, outcome: 'behind', appliedSequence: error.appliedSequence };
    } else if (error instanceof PassageIndexFullError) response = { id, outcome: 'full' };
    else throw error;
  }
  parentPort?.postMessage(response);
}

async function perform(call: PassageIndexCall): Promise<PassageIndexValue> {
  switch (call.method) {
    case 'apply':
      await owners.apply(call.ownerId, call.changes, call.base.afterSequence);
      return null;
    case 'search':
      return owners.search(call.ownerId, call.query, call.options);
    case 'appliedSequence':
      return owners.appliedSequence(call.ownerId);
    case 'forget':
      owners.forget(call.ownerId);
      return null;
  }
}
