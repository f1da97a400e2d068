import { Buffer } from 'node:buffer';
import { randomBytes } from 'node:crypto';

/** Values that must stay where they belong, and the search for them anywhere else. */
export class Canaries {
  readonly #values = new Map<string, string>();

  /** A new value that occurs nowhere by chance; letters and digits only. */
  make(name: string): string {
    return this.watch(name, `Zq${randomBytes(9).toString('hex')}`);
  }

  /** Watches a value that somebody else made. */
  watch(name: string, value: string): string {
    this.#values.set(name, value);
    return value;
  }

  /** Names of the values that occur in a text, plainly or encoded. */
  foundIn(text: string): string[] {
    const lower = text.toLowerCase();
    return [...this.#values].flatMap(([name, value]) => {
      const isPlain = [value, encodeURIComponent(value), Buffer.from(value).toString('hex')].some((form) =>
        lower.includes(form.toLowerCase()),
      );
      if (isPlain) return [name];
      return base64Forms(value).some((form) => text.includes(form)) ? [`${name} in base64`] : [];
    });
  }
}

/** What every base64 text that holds the value at some offset has in common, in both alphabets. */
function base64Forms(value: string): string[] {
  return [0, 1, 2].flatMap((offset) => {
    const bytes = Buffer.concat([Buffer.alloc(offset), Buffer.from(value)]);
    const whole = bytes.subarray(0, bytes.length - (bytes.length % 3));
    const skipped = [0, 2, 3][offset];
    return [whole.toString('base64').slice(skipped), whole.toString('base64url').slice(skipped)];
  });
}
