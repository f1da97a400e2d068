import { validateSync } from 'class-validator';
import { Configuration } from './configuration.ts';
import { brokenRules } from './production-rules.ts';
import { familiesOf, familySpelling, parseVariable, variablesOf } from './variable.ts';

/** Rules of what a value is at all; the others are about which. */
const TYPE_RULES = ['isInt', 'isBoolean', 'isString', 'isArray', 'isInstance', 'isIn'];

/** Why the server refuses to start: every broken rule by variable name, and no value. */
export class ConfigurationError extends Error {
  constructor(readonly problems: readonly string[]) {
    super(`The configuration is not usable: ${problems.join('; ')}`);
    this.name = 'ConfigurationError';
  }
}

/** One mistake: the variable, and the rule that it breaks in words. */
interface Broken {
  readonly name: string;
  readonly rule: string;
}

/**
 * Reads and validates the environment once. An empty variable counts as not set.
 *
 * @param environment name to text, normally `process.env`
 * @throws ConfigurationError naming every variable that breaks a rule, with one rule each
 */
export function loadConfiguration(environment: Environment): Configuration {
  const configuration = new Configuration();
  const broken = configuration.slices().flatMap((slice) => fill(slice, environment));
  for (const slice of configuration.slices()) Object.freeze(slice);
  // What breaks a rule of its own has its default meanwhile: a rule that names it would tell of the default.
  const isAboutBroken = (rule: string): boolean => broken.some(({ name }) => new RegExp(`\\b${name}\\b`).test(rule));
  const problems = [
    ...broken.map(({ rule }) => rule),
    ...brokenRules(configuration).filter((rule) => !isAboutBroken(rule)),
  ];
  if (problems.length > 0) throw new ConfigurationError(problems);
  return Object.freeze(configuration);
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Fills a slice and its families; `spell` turns the name of a variable as it is declared into the one that is read. */
function fill(slice: object, environment: Environment, spell = (name: string): string => name): Broken[] {
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
      configurable: true,
    });
  }
  const broken = validateSync(slice, { forbidUnknownValues: false }).map((error): Broken & { property: string } => {
    const { property } = error;
    const name = names.get(property) ?? property;
    return { property, name, rule: foremostRule(error.constraints ?? {}).replaceAll(property, name) };
  });
  const initial = new type() as Record<string, unknown>;
  for (const { property } of broken) {
    Object.defineProperty(slice, property, { value: initial[property], enumerable: true });
  }
  return [...broken, ...fillFamilies(slice, environment)];
}

/** That it is no number says all about a text that is not between two either. */
function foremostRule(constraints: Readonly<Record<string, string>>): string {
  const [foremost = ''] = TYPE_RULES.flatMap((rule) => constraints[rule] ?? []);
  return foremost === '' ? (Object.values(constraints)[0] ?? '') : foremost;
}

function fillFamilies(slice: object, environment: Environment): Broken[] {
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
