import type { FiguresOf } from '../parallel/operation.ts';
import type { Critic, criticOperations } from './critic.ts';
import type { Measure } from './region.ts';

type Operation = keyof typeof criticOperations;

/** Of each operation what it came to. */
type Figures = { [Name in Operation]: FiguresOf<typeof criticOperations, Name> };

/**
 * In the place of a critic where advantages need none: nothing is evaluated, learned or added to a gradient, and steps of
 * the policy are measured all the same.
 */
export function createNoCritic(measure: Measure): Critic {
  const figures: Omit<Figures, 'measure'> & { measure: Figures['measure'] | undefined } = {
    evaluateRows: {},
    evaluateNextValues: {},
    gradient: { loss: 0, sumOfSquares: 0 },
    step: {},
    fit: { loss: 0, lastLoss: 0, lastSumOfSquares: 0 },
    measure: undefined,
  };
  return {
    orders: new Int32Array(0),
    run(name, delta = 0) {
      if (name === 'measure') figures.measure = { ...measure(delta), badValueParameter: -1 };
    },
    begin() {},
    finish(name) {
      return (figures as Figures)[name];
    },
    drain() {},
    threads: () => 1,
    turn() {},
    resume() {},
    sync() {},
    end() {},
    collected() {},
    evaluate() {},
  };
}
