import { CONFIG_SLICES } from './configuration.ts';
import { familiesOf, variablesOf, type VariableDefinition } from './variable.ts';

interface DocumentedVariable extends VariableDefinition {
  /** The default as text; empty when there is none. */
  readonly default: string;
}

interface Section {
  readonly title: string;
  readonly variables: readonly DocumentedVariable[];
}

/** `.env.example`: every variable, commented out, with its default or an example. */
export function envExample(): string {
  const head = [
    '# Every variable this server reads. Made by `npm run generate`; docs/configuration.md says more.',
    '# Copy to .env and uncomment what you change; secrets have no defaults.',
  ];
  const body = sections().flatMap(({ title, variables }) => [
    '',
    `# ---- ${title} ----`,
    ...variables.flatMap((variable) => ['', `# ${variable.description}`, `# ${variable.name}=${exampleOf(variable)}`]),
  ]);
  return `${[...head, ...body].join('\n')}\n`;
}

/** docs/configuration.md: the same as tables. */
export function configurationDocument(): string {
  const head = [
    '# Configuration',
    '',
    'Made by `npm run generate` from the classes in `src/config/`. The server reads these environment variables once, at',
    'start, and refuses to start when one of them breaks a rule; the message names all that do and never a value. An empty',
    'variable counts as not set. `npm start` also reads a file `.env`.',
  ];
  const body = sections().flatMap(({ title, variables }) => [
    '',
    `## ${title}`,
    '',
    '| Variable | Default | Meaning |',
    '| --- | --- | --- |',
    ...variables.map((variable) => `| ${namesOf(variable)} | ${cell(variable.default)} | ${meaningOf(variable)} |`),
  ]);
  return `${[...head, ...body].join('\n')}\n`;
}

function sections(): Section[] {
  return CONFIG_SLICES.map((slice) => ({
    title: slice.title,
    variables: [slice, ...familiesOf(slice).map(({ member }) => member)].flatMap(documented),
  }));
}

function documented(slice: new () => object): DocumentedVariable[] {
  const initial = new slice() as Record<string, unknown>;
  return variablesOf(slice).map((variable) => ({
    ...variable,
    default: variable.defaultText ?? defaultText(initial[variable.property]),
  }));
}

function defaultText(value: unknown): string {
  if (Array.isArray(value)) return value.join(',');
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}

function exampleOf(variable: DocumentedVariable): string {
  return variable.example ?? (variable.defaultText === undefined ? variable.default : '');
}

function namesOf({ name, aliases = [] }: VariableDefinition): string {
  const others = aliases.map((alias) => `\`${alias}\``).join(', ');
  return others === '' ? `\`${name}\`` : `\`${name}\` (also ${others})`;
}

function meaningOf({ description, type, example }: VariableDefinition): string {
  const kind = type === 'secret' ? ' Secret.' : '';
  return `${cell(description)}${kind}${example === undefined ? '' : ` For example \`${cell(example)}\`.`}`;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('<', '&lt;');
}
