import { describe, expect, it } from 'vitest';
import {
  byUpdate,
  counterfactualStops,
  type Stopper,
  stoppers,
  summarizeStops,
} from '../../src/trust-region/counterfactual.ts';
import type { LedgerRow } from '../../src/row/ledger.ts';
import { clipAnatomy, ratioQuantiles } from '../../src/trust-region/ledger.ts';

/** A trace with two steps an epoch and δ = 0.01, of the figures that stopping looks at. */
function trace(figures: readonly (readonly [exact: number, k1: number, k3: number])[]): LedgerRow[] {
  return figures.map(([klOldNew, k1Rollout, k3Minibatch], i) => ({
    update: 1,
    gradientStep: i + 1,
    epoch: Math.floor(i / 2) + 1,
    epochEnds: i % 2 === 1,
    minibatchSize: 64,
    delta: 0.01,
    klOldNew,
    klNewOld: klOldNew,
    k1Rollout,
    k1Minibatch: 0,
    k2Minibatch: 0,
    k3Minibatch,
    ...clipAnatomy(new Float64Array(0), new Float64Array(0), 0, undefined),
    gradientNorm: 1,
    ...ratioQuantiles(Float64Array.of(1), 1),
  }));
}

describe('clipAnatomy', () => {
  // Inside, killed above, killed below, passing above, passing below.
  const ratios = Float64Array.of(1.1, 1.5, 0.5, 1.5, 0.5);
  const advantages = Float64Array.of(1, 2, -4, -1, 1);

  it('tells what clipping kills from what it lets pass, and what its β would be', () => {
    expect(clipAnatomy(ratios, advantages, 5, () => ({ low: 0.2, high: 0.2 }))).toEqual({
      shareInside: 0.2,
      shareKilled: 0.4,
      sharePassing: 0.4,
      impliedBetaMean: (1.5 * 2 + 0.5 * 4) / 2,
      impliedBetaMax: 3,
    });
  });

  it('counts the edge itself as inside', () => {
    const { shareInside } = clipAnatomy(Float64Array.of(0.75, 1.25), Float64Array.of(1, 1), 2, () => ({
      low: 0.25,
      high: 0.25,
    }));
    expect(shareInside).toBe(1);
  });

  it('is null without an ε', () => {
    expect(Object.values(clipAnatomy(ratios, advantages, 5, undefined))).toEqual(Array(5).fill(null));
  });
});

describe('ratioQuantiles', () => {
  it('looks at the samples of the batch alone, and leaves their order', () => {
    const ratios = Float64Array.of(3, 1, 2, 99);
    expect(ratioQuantiles(ratios, 3)).toMatchObject({ ratioMin: 1, ratioMedian: 2, ratioMax: 3 });
    expect([...ratios]).toEqual([3, 1, 2, 99]);
  });
});

describe('counterfactualStops', () => {
  it.each<[Stopper, string, [number, number, number][], { steps: number; stopped: boolean; kl: number }]>([
    [
      'sb3',
      'before the step whose minibatch shows it',
      [
        [0.004, 0, 0],
        [0.02, 0, 0.015],
        [0.03, 0, 0.0151],
      ],
      { steps: 2, stopped: true, kl: 0.02 },
    ],
    ['sb3', 'before the first step', [[0.004, 0, 1]], { steps: 0, stopped: true, kl: 0 }],
    [
      'cleanrl',
      'only at the end of an epoch, after its last step',
      [
        [0.004, 0, 0.5],
        [0.02, 0, 0.0101],
        [0.03, 0, 0],
      ],
      { steps: 2, stopped: true, kl: 0.02 },
    ],
    [
      'spinningup',
      'before the step after the one that left k1 beyond',
      [
        [0.004, 0.015, 0],
        [0.02, 0.0151, 0],
        [0.03, 0, 0],
      ],
      { steps: 2, stopped: true, kl: 0.02 },
    ],
    [
      'spinningup',
      'not after the last step, which nothing follows',
      [[0.02, 1, 0]],
      { steps: 1, stopped: false, kl: 0.02 },
    ],
    [
      'exact',
      'after the step that leaves δ',
      [
        [0.01, 0, 0],
        [0.011, 0, 0],
        [0.03, 0, 0],
      ],
      { steps: 2, stopped: true, kl: 0.011 },
    ],
    [
      'exact',
      'where the KL is not a number',
      [[Number.NaN, 0, 0]],
      { steps: 1, stopped: true, kl: Number.NaN },
    ],
  ])('%s stops %s', (rule, _, figures, expected) => {
    expect(counterfactualStops(trace(figures))[rule]).toEqual(expected);
  });

  it('does not stop where nothing exceeds', () => {
    const stops = counterfactualStops(trace([[0.001, 0.001, 0.001]]));
    for (const rule of stoppers) expect(stops[rule]).toEqual({ steps: 1, stopped: false, kl: 0.001 });
  });

  it('has each rule look at its own column alone', () => {
    const stops = counterfactualStops(
      trace([
        [0.02, 0, 0], // exact stops after it
        [0.02, 0, 0.012], // the end of an epoch: CleanRL stops after it
        [0.03, 0.02, 0], // Spinning Up stops before the next
        [0.04, 0, 0],
        [0.05, 0, 0.016], // Stable-Baselines3 stops before it
      ]),
    );
    expect(stops).toEqual({
      exact: { steps: 1, stopped: true, kl: 0.02 },
      cleanrl: { steps: 2, stopped: true, kl: 0.02 },
      spinningup: { steps: 3, stopped: true, kl: 0.03 },
      sb3: { steps: 4, stopped: true, kl: 0.04 },
    });
  });

  it('needs a trace', () => {
    expect(() => counterfactualStops([])).toThrow('an update without gradient steps has no trace');
  });
});

describe('summarizeStops', () => {
  it('averages over updates, and over those outside δ', () => {
    const inside = trace([[0.004, 0, 0]]);
    const outside = trace([
      [0.004, 0, 0],
      [0.03, 0, 0],
      [0.05, 0, 0],
    ]);
    const exact = summarizeStops([inside, outside]).find(({ rule }) => rule === 'exact');
    expect(exact).toEqual({
      rule: 'exact',
      updates: 2,
      stopped: 1,
      meanSteps: 1.5,
      meanKl: 0.017,
      maxKl: 0.03,
      shareOutside: 0.5,
      meanExcess: 3,
    });
  });
});

it('an update that ends at δ itself is not outside, and without any outside there is no excess', () => {
  const [exact] = summarizeStops([trace([[0.01, 0, 0]])]).filter(({ rule }) => rule === 'exact');
  expect([exact?.shareOutside, exact?.meanExcess]).toEqual([0, null]);
});

describe('byUpdate', () => {
  it('groups rows in their order', () => {
    const rows = [1, 1, 2].map((update) => ({ ...(trace([[0, 0, 0]])[0] as LedgerRow), update }));
    expect(byUpdate(rows).map((own) => own.length)).toEqual([2, 1]);
  });
});
