import { type Environment, RESTART, type TabularModel } from '../rollout/environment.ts';
import type { Moment } from './play.ts';

/** Sums of probabilities may be off by rounding. */
const TOLERANCE = 1e-9;

/**
 * Where a play and the table that `enumerate` gives part: exact figures would be those of another world. Rewards of a table
 * are expected ones, which a play cannot be held against.
 */
export function tableProblem(
  trace: readonly Moment[],
  table: TabularModel,
  { observationSpace, actionSpace }: Environment,
): string | undefined {
  const { states, actions, initial, masks } = table;
  const [shown, done] = [observationSpace, actionSpace].map((space) =>
    space.kind === 'discrete' ? space.n : 0,
  );
  if (shown !== states || done !== actions)
    return `the table has ${states} states and ${actions} actions, the spaces ${shown} and ${done}`;
  const unsure = sumProblem(initial, 'initial');
  if (unsure !== undefined) return unsure;
  for (const [
    i,
    {
      call,
      t,
      action: [action] = [],
      mask,
      observation: [next],
      terminated,
    },
  ] of trace.entries()) {
    if (call === 'reset') {
      if (!(initial[next] > 0))
        return `an episode begins in state ${next}, where initial is ${initial[next]}`;
      continue;
    }
    const [state] = (trace[i - 1] as Moment).observation;
    const pair = `state ${state}, action ${action}`;
    const ways = table.transitions(state, action);
    const wrong = sumProblem(
      ways.map(({ probability }) => probability),
      pair,
    );
    if (wrong !== undefined) return wrong;
    const row = masks?.subarray(state * actions, (state + 1) * actions);
    const at = mask?.findIndex((each, a) => (each === 0) !== (row?.[a] === 0)) ?? -1;
    if (at >= 0)
      return `actionMask says ${mask?.[at]} of action ${at} in state ${state}, masks say ${row?.[at] ?? 1}`;
    const isWay = ways.some(
      (way) =>
        way.probability > 0 &&
        way.terminated === terminated &&
        (way.next === next || (way.next === RESTART && initial[next] > 0)),
    );
    if (!isWay)
      return `step ${t + 1} of an episode leads from ${pair} to state ${next}${terminated === true ? ', which ends it' : ''}; transitions has no such way`;
  }
  return undefined;
}

function sumProblem(probabilities: ArrayLike<number>, what: string): string | undefined {
  const sum = Array.from(probabilities).reduce((a, b) => a + b, 0);
  return Math.abs(sum - 1) <= TOLERANCE ? undefined : `the probabilities of ${what} sum to ${sum}`;
}
