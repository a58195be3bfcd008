/** A class or function that a pickle names and that is allowed: what stands for it, never the thing itself. */
export class PickledGlobal {
  /** `module.name` as the pickle says it. */
  readonly name: string;
  /** What a call of it gives, from the arguments; without one, a call is an object of which only the name is known. */
  readonly call: ((args: readonly unknown[]) => unknown) | undefined;

  constructor(name: string, call?: (args: readonly unknown[]) => unknown) {
    this.name = name;
    this.call = call;
  }
}

/** An object of a class that is never built: its class's name, and its attributes where the pickle gives them as a dict. */
export class PickledObject {
  readonly name: string;
  attributes: Map<unknown, unknown> | undefined;

  constructor(name: string) {
    this.name = name;
  }
}

/** A tuple; lists are arrays, dicts are Maps. */
export class PickledTuple {
  readonly items: readonly unknown[];

  constructor(items: readonly unknown[]) {
    this.items = items;
  }
}

/** Elements of a list or a tuple, or undefined. */
export function itemsOf(value: unknown): readonly unknown[] | undefined {
  return Array.isArray(value) ? value : value instanceof PickledTuple ? value.items : undefined;
}
