import type { OpenAPIObject } from '@nestjs/swagger';

export type OperationObject = NonNullable<OpenAPIObject['paths'][string]['get']>;

/** Every operation of the document. */
export function operationsOf(document: OpenAPIObject): OperationObject[] {
  return Object.values(document.paths).flatMap((item) => Object.values(item) as OperationObject[]);
}

/** A reference to a component of the OpenAPI document. */
export interface Reference {
  readonly $ref: string;
}

/** Components of one kind that operations share: equal ones are kept once. */
export class SharedComponents<Component extends object> {
  readonly components: Record<string, Component> = {};
  readonly #names = new Map<string, string>();

  /** @param kind the member of `components` that holds them */
  constructor(private readonly kind: string) {}

  /** @param name wanted; the second component that wants it is called `name.2` */
  add(name: string, component: Component): Reference {
    const text = JSON.stringify(component);
    const known = this.#names.get(text);
    const own = known ?? this.#freeName(name);
    if (known === undefined) {
      this.#names.set(text, own);
      this.components[own] = component;
    }
    return { $ref: `#/components/${this.kind}/${own}` };
  }

  #freeName(name: string): string {
    let number = 2;
    let free = name;
    while (free in this.components) free = `${name}.${number++}`;
    return free;
  }
}
