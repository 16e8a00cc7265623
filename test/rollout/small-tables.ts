import { RESTART, type TabularTransition } from '../../src/rollout/environment.ts';
import { Table } from '../../src/rollout/table.ts';

export const entry = (
  probability: number,
  next: number,
  reward: number,
  terminated = false,
): TabularTransition => ({
  probability,
  next,
  reward,
  terminated,
});

/** State 0: action 0 ends with 1; action 1 pays 3 with probability ½ or nothing and goes to state 1, which ends with 2. */
export const table = new Table({
  states: 2,
  actions: 2,
  initial: Float64Array.of(0.75, 0.25),
  transitions: (state, action) =>
    state === 1
      ? [entry(1, 1, 2, true)]
      : action === 0
        ? [entry(1, 0, 1, true)]
        : [entry(0.5, 1, 3), entry(0.5, 1, 0)],
});

/** From each of so many states to all. */
export const all = (states: number) => ({
  states,
  actions: 2,
  initial: new Float64Array(states).fill(1 / states),
  transitions: () => Array.from({ length: states }, (_, next) => entry(1 / states, next, 1)),
});

const starts = [0, 2, 3];
const model = (back: (probability: number) => TabularTransition[]) =>
  new Table({
    states: 4,
    actions: 1,
    initial: Float64Array.of(1 / 3, 0, 1 / 3, 1 / 3),
    transitions: (state) =>
      state === 1
        ? [...back(0.3), entry(0.6, 1, 1), ...back(0.1)]
        : [entry(0.5, 1, state, false), entry(0.5, state, 2, true)],
  });
/** A way back to any of several starts, and the same written out. */
export const sparse = model((probability) => [entry(probability, RESTART, -1)]);
export const dense = model((probability) => starts.map((next) => entry(probability / 3, next, -1)));
