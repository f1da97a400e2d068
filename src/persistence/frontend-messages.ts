import { Buffer } from 'node:buffer';

const TERMINATE = 0x58;

/** Complete frontend messages at the start of `bytes`, and what is left of them. */
export interface TakenMessages {
  readonly messages: Buffer;
  readonly rest: Buffer<ArrayBuffer>;
}

/**
 * Cuts a byte stream of the PostgreSQL wire protocol (version 3, "Message Formats") at the last complete message.
 * The first message of a connection has no type byte. `Terminate` is dropped: the engine must outlive a connection.
 */
export function takeCompleteMessages(bytes: Buffer<ArrayBuffer>, isStarted: boolean): TakenMessages {
  let end = 0;
  let headerLength = isStarted ? 1 : 0;
  let isTerminated = false;
  while (bytes.length - end >= headerLength + 4) {
    const next = end + headerLength + bytes.readInt32BE(end + headerLength);
    if (next > bytes.length) break;
    if (headerLength === 1 && bytes[end] === TERMINATE) {
      isTerminated = true;
      break;
    }
    end = next;
    headerLength = 1;
  }
  return { messages: bytes.subarray(0, end), rest: isTerminated ? Buffer.alloc(0) : bytes.subarray(end) };
}
