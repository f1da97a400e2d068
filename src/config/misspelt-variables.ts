import { distance } from 'fastest-levenshtein';
import { CONFIG_SLICES } from './configuration.ts';
import { familiesOf, variablesOf } from './variable.ts';

/** Shorter names of other programs are like ours by chance. */
const MIN_LENGTH = 4;
const LONG = 9;
/** The beginning of a name says whose it is when it has so many words. */
const MIN_WORDS = 2;

/** A variable that nothing reads, and the ones that may be meant. */
export interface MisspeltVariable {
  readonly name: string;
  readonly meant: readonly string[];
}

/** Variables of the environment that look like one of this server and are none. */
export function findMisspelt(environment: Readonly<Record<string, string | undefined>>): MisspeltVariable[] {
  const known = knownNames();
  return Object.keys(environment)
    .filter((name) => name.length >= MIN_LENGTH && !known.some((each) => patternOf(each).test(name)))
    .map((name) => ({ name, meant: known.filter((each) => isNear(name, each)) }))
    .filter(({ meant }) => meant.length > 0);
}

function knownNames(): string[] {
  return CONFIG_SLICES.flatMap((slice) => [slice, ...familiesOf(slice).map(({ member }) => member)])
    .flatMap((slice) => variablesOf(slice))
    .flatMap(({ name, aliases = [] }) => [name, ...aliases]);
}

/** A member of a family has any word where its declaration has a placeholder. */
function patternOf(known: string): RegExp {
  return new RegExp(`^${known.replace(/<\w+>/, '[A-Z0-9_]+')}$`);
}

/** Whether a name is a slip away from another, or from its first words. */
function isNear(name: string, known: string): boolean {
  const words = known.split('_');
  const beginnings = words.slice(MIN_WORDS).map((_, index) => words.slice(0, index + MIN_WORDS).join('_'));
  return [known, ...beginnings.filter((each) => each.length >= LONG)].some((each) => {
    const slips = each.length < LONG ? 1 : 2;
    return Math.abs(each.length - name.length) <= slips && distance(each, name) <= slips;
  });
}
