import { validateSync } from 'class-validator';
import { Configuration } from './configuration.ts';
import { brokenRules } from './production-rules.ts';
import { familiesOf, familySpelling, parseVariable, variablesOf } from './variable.ts';

/** Why the server refuses to start: every broken rule by variable name, and no value. */
export class ConfigurationError extends Error {
  constructor(readonly problems: readonly string[]) {
    super(`The configuration is not usable: ${problems.join('; ')}`);
    this.name = 'ConfigurationError';
  }
}

/**
 * Reads and validates the environment once. An empty variable counts as not set.
 *
 * @param environment name to text, normally `process.env`
 * @throws ConfigurationError naming every variable that breaks a rule
 */
export function loadConfiguration(environment: Readonly<Record<string, string | undefined>>): Configuration {
  const configuration = new Configuration();
  const problems: string[] = [];
  for (const slice of configuration.slices()) {
    problems.push(...fill(slice, environment));
    Object.freeze(slice);
  }
  if (problems.length === 0) problems.push(...brokenRules(configuration));
  if (problems.length > 0) throw new ConfigurationError(problems);
  return Object.freeze(configuration);
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Fills a slice and its families; `spell` turns the name of a variable as it is declared into the one that is read. */
function fill(slice: object, environment: Environment, spell = (name: string): string => name): string[] {
  const names = new Map<string, string>();
  const type = slice.constructor as new () => object;
  for (const variable of variablesOf(type)) {
    const spellings = [variable.name, ...(variable.aliases ?? [])].map(spell);
    const name = spellings.find((each) => (environment[each] ?? '') !== '');
    names.set(variable.property, name ?? spell(variable.name));
    if (name === undefined) continue;
    Object.defineProperty(slice, variable.property, {
      value: parseVariable(variable.type, (environment[name] ?? '').trim()),
      enumerable: true,
    });
  }
  const broken = validateSync(slice, { forbidUnknownValues: false }).flatMap((error) => {
    const name = names.get(error.property) ?? error.property;
    return Object.values(error.constraints ?? {}).map((rule) => rule.replaceAll(error.property, name));
  });
  return broken.length > 0 ? broken : fillFamilies(slice, environment);
}

function fillFamilies(slice: object, environment: Environment): string[] {
  return familiesOf(slice.constructor as new () => object).flatMap(({ property, names, placeholder, member }) => {
    const listed = (slice as Record<string, unknown>)[names] as readonly string[];
    const members = listed.map((name) => ({ name, instance: new member() }));
    Object.defineProperty(slice, property, { value: members.map(({ instance }) => instance), enumerable: true });
    return members.flatMap(({ name, instance }) => {
      const broken = fill(instance, environment, (each) => each.replace(placeholder, familySpelling(name)));
      Object.freeze(instance);
      return broken;
    });
  });
}
