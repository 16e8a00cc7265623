import { heldKlOfStep, type LedgerRow } from '../row/ledger.ts';

/** Whose way of stopping an update early. */
export const stoppers = ['sb3', 'cleanrl', 'spinningup', 'exact'] as const;
export type Stopper = (typeof stoppers)[number];

/** Whose rule, and what it looks at with target δ. */
export const ruleNames: Record<Stopper, { name: string; looks: string }> = {
  sb3: { name: 'SB3', looks: 'before each step, k3 of its minibatch > 1.5·δ' },
  cleanrl: { name: 'CleanRL', looks: 'after each epoch, k3 of its last minibatch > δ' },
  spinningup: { name: 'Spinning Up', looks: 'before each step, k1 of the rollout > 1.5·δ' },
  exact: { name: 'exact', looks: 'after each step, exact KL of the rollout > δ' },
};

/** Where a rule would have stopped an update. */
export interface CounterfactualStop {
  /** Gradient steps taken by then. */
  readonly steps: number;
  /** Whether the rule ended the update; false: the trace ends first. */
  readonly stopped: boolean;
  /** Exact KL(π_old‖π_new) of the policy it would have left, nats: the mean, or where δ bounds each state that of the worst. */
  readonly kl: number;
}

/**
 * Gradient steps after which the rule would have ended the update; null where the trace gives it no reason.
 * With δ as each library's target:
 *   sb3         before each step, k3 of its minibatch > 1.5·δ      [Stable-Baselines3, PPO.train]
 *   cleanrl     after each epoch, k3 of its last minibatch > δ     [CleanRL, ppo.py]
 *   spinningup  before each step, k1 of the whole rollout > 1.5·δ  [Spinning Up, ppo.py]
 *   exact       after each step, exact KL of the whole rollout > δ; of its worst state where δ bounds each
 * What the libraries measure before a step they measure before the gradient is applied, with the policy as the
 * last step left it. A value that is not a number stops.
 */
function stepsUntil(rule: Stopper, rows: readonly LedgerRow[]): number | null {
  const exceeds = (kl: number, limit: number): boolean => !(kl <= limit);
  for (const [i, row] of rows.entries()) {
    const { delta } = row;
    if (rule === 'sb3' && exceeds(row.k3Minibatch, 1.5 * delta)) return i;
    if (rule === 'cleanrl' && row.epochEnds && exceeds(row.k3Minibatch, delta)) return i + 1;
    if (rule === 'spinningup' && i > 0 && exceeds(rows[i - 1].k1Rollout, 1.5 * delta)) return i;
    if (rule === 'exact' && exceeds(heldKlOfStep(row), delta)) return i + 1;
  }
  return null;
}

/**
 * Where each rule would have stopped, from the trace of one update: until a rule stops, the steps are the same
 * whatever the rule, so one trace answers for all. A trace that another rule cut short answers only up to
 * there.
 * @param rows the update's gradient steps in order, at least one
 */
export function counterfactualStops(rows: readonly LedgerRow[]): Record<Stopper, CounterfactualStop> {
  if (rows.length === 0) throw new RangeError('an update without gradient steps has no trace');
  const stopOf = (rule: Stopper): CounterfactualStop => {
    const until = stepsUntil(rule, rows);
    const steps = until ?? rows.length;
    return { steps, stopped: until !== null, kl: steps === 0 ? 0 : heldKlOfStep(rows[steps - 1]) };
  };
  return {
    sb3: stopOf('sb3'),
    cleanrl: stopOf('cleanrl'),
    spinningup: stopOf('spinningup'),
    exact: stopOf('exact'),
  };
}

/** One rule over many updates. */
export interface StopSummary {
  readonly rule: Stopper;
  readonly updates: number;
  /** Updates that it would have ended early. */
  readonly stopped: number;
  readonly meanSteps: number;
  /** That KL at its stop, mean and maximum over updates, nats. */
  readonly meanKl: number;
  readonly maxKl: number;
  /** Share of updates that it would have left outside δ. */
  readonly shareOutside: number;
  /** How far outside those are: mean of KL/δ; null without any. */
  readonly meanExcess: number | null;
}

/** Every rule over a whole run. @param updates the traces of its updates, at least one */
export function summarizeStops(updates: readonly (readonly LedgerRow[])[]): StopSummary[] {
  const stops = updates.map((rows) => ({ stops: counterfactualStops(rows), delta: rows[0].delta }));
  const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
  return stoppers.map((rule) => {
    const own = stops.map(({ stops, delta }) => ({ ...stops[rule], excess: stops[rule].kl / delta }));
    const outside = own.filter(({ excess }) => !(excess <= 1));
    return {
      rule,
      updates: own.length,
      stopped: own.filter(({ stopped }) => stopped).length,
      meanSteps: mean(own.map(({ steps }) => steps)),
      meanKl: mean(own.map(({ kl }) => kl)),
      maxKl: own.reduce((most, { kl }) => Math.max(most, kl), 0),
      shareOutside: outside.length / own.length,
      meanExcess: outside.length === 0 ? null : mean(outside.map(({ excess }) => excess)),
    };
  });
}

/** The rows of a ledger by update, in order. */
export function byUpdate(rows: readonly LedgerRow[]): LedgerRow[][] {
  const updates = new Map<number, LedgerRow[]>();
  for (const row of rows) {
    const own = updates.get(row.update);
    if (own) own.push(row);
    else updates.set(row.update, [row]);
  }
  return [...updates.values()];
}
