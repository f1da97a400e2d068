import type { UserSeal } from '../../secrets/sealer.ts';

/** Where the text of a passage belongs: it opens in its own row only. */
export function passageField(chunkId: string): string {
  return `chunks.text/${chunkId}`;
}

/** The text of a passage as it stands in its row. */
export interface StoredText {
  readonly chunkId: string;
  readonly text: string;
  readonly isSealed: boolean;
}

/** @throws UnsealError when it was altered or stands in another row */
export function openText(seal: UserSeal, { chunkId, text, isSealed }: StoredText): string {
  return isSealed ? seal.unseal(text, passageField(chunkId)) : text;
}
