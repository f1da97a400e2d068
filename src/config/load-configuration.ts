import { validateSync } from 'class-validator';
import { Configuration } from './configuration.ts';
import { brokenRules } from './production-rules.ts';
import { parseVariable, variablesOf } from './variable.ts';

/** Why the server refuses to start: every broken rule by variable name, and no value. */
export class ConfigurationError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`The configuration is not usable: ${problems.join('; ')}`);
    this.name = 'ConfigurationError';
    this.problems = problems;
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

function fill(slice: object, environment: Readonly<Record<string, string | undefined>>): string[] {
  const names = new Map<string, string>();
  for (const variable of variablesOf(slice.constructor as new () => object)) {
    const name = [variable.name, ...(variable.aliases ?? [])].find((each) => (environment[each] ?? '') !== '');
    names.set(variable.property, name ?? variable.name);
    if (name === undefined) continue;
    Object.defineProperty(slice, variable.property, {
      value: parseVariable(variable.type, (environment[name] ?? '').trim()),
      enumerable: true,
    });
  }
  return validateSync(slice, { forbidUnknownValues: false }).flatMap((error) => {
    const name = names.get(error.property) ?? error.property;
    return Object.values(error.constraints ?? {}).map((rule) => rule.replaceAll(error.property, name));
  });
}
