import { Secret } from './secret.ts';

/** How the text of an environment variable becomes a value. */
export type VariableType = 'text' | 'secret' | 'integer' | 'boolean' | 'list';

/** What one environment variable means; feeds validation, `.env.example` and docs/configuration.md. */
export interface VariableDefinition {
  /** Preferred name. */
  readonly name: string;
  /** Other spellings that are read when the preferred one is not set, in this order. */
  readonly aliases?: readonly string[];
  readonly type: VariableType;
  /** One or two sentences for the operator. */
  readonly description: string;
  /** The default in words where the property's own initial value does not tell it. */
  readonly defaultText?: string;
  /** A value for `.env.example`; without it the default is shown. */
  readonly example?: string;
}

interface VariableEntry extends VariableDefinition {
  readonly property: string;
}

const VARIABLES = new WeakMap<object, VariableEntry[]>();

/** Declares that a property of a configuration slice is read from an environment variable. */
export function Variable(definition: VariableDefinition): PropertyDecorator {
  return (target, property) => {
    const entries = VARIABLES.get(target) ?? [];
    entries.push({ ...definition, property: String(property) });
    VARIABLES.set(target, entries);
  };
}

/** The variables of a slice in the order of declaration. */
export function variablesOf(slice: abstract new () => object): readonly VariableEntry[] {
  return VARIABLES.get(slice.prototype as object) ?? [];
}

/** Variables that come once for each name in a list. */
export interface VariableFamilyDefinition {
  /** Property of the slice that lists the names. */
  readonly names: string;
  /** What stands for the name, in upper case, in the names of the member's variables. */
  readonly placeholder: string;
  readonly member: new () => object;
}

interface FamilyEntry extends VariableFamilyDefinition {
  readonly property: string;
}

const FAMILIES = new WeakMap<object, FamilyEntry[]>();

/** Declares that a property of a configuration slice holds one member for each name in a list. */
export function VariableFamily(definition: VariableFamilyDefinition): PropertyDecorator {
  return (target, property) => {
    const entries = FAMILIES.get(target) ?? [];
    entries.push({ ...definition, property: String(property) });
    FAMILIES.set(target, entries);
  };
}

/** The families of a slice in the order of declaration. */
export function familiesOf(slice: abstract new () => object): readonly FamilyEntry[] {
  return FAMILIES.get(slice.prototype as object) ?? [];
}

/** How a name of a family is spelled inside the name of a variable: `clinic-idp` is `CLINIC_IDP`. */
export function familySpelling(name: string): string {
  return name.toUpperCase().replaceAll('-', '_');
}

/** Text of an environment variable to a value of its type; what cannot be read becomes a value that validation refuses. */
export function parseVariable(type: VariableType, text: string): unknown {
  switch (type) {
    case 'text':
      return text;
    case 'secret':
      return new Secret(text);
    case 'integer':
      return /^-?\d+$/.test(text) ? Number(text) : Number.NaN;
    case 'boolean':
      return text === 'true' || text === '1' ? true : text === 'false' || text === '0' ? false : text;
    case 'list':
      return text
        .split(',')
        .map((item) => item.trim())
        .filter((item) => item !== '');
  }
}
