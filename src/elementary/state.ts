/** What the state of a run is made of, down to numbers and arrays that keep every bit (−0 and NaN too). */
export type StateValue =
  | null
  | boolean
  | number
  | string
  | Float32Array
  | Float64Array
  | Int32Array
  | readonly StateValue[]
  | { readonly [name: string]: StateValue };

/**
 * Something whose state can be taken and put back, in this process or another: what it does after `restore(state)` is what
 * it did after the `snapshot()` that gave the state, bit for bit.
 */
export interface Stateful<State extends StateValue = StateValue> {
  /** A copy: nothing that happens later changes it. */
  snapshot(): State;
  /** @param state of one made alike (the same config); only read, never kept */
  restore(state: State): void;
}
