import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type EstimatorCell, cells } from '../../src/drift/cells.ts';
import {
  edgesOf,
  gradientEstimate,
  klOfSequences,
  klPerPrefix,
  type Policies,
} from '../../src/drift/gradient.ts';
import { flagsOf, settingsOf } from '../../src/drift/libraries.ts';
import { expectedGradient, trueGradient } from '../../src/drift/measure.ts';
import { examplePolicies, logSoftmax } from '../../src/drift/model.ts';
import { estimatorTable, type EstimatorRow, tableCsv } from '../../src/drift/table.ts';
import { enumerateSequences } from '../../src/sequence/tree.ts';

type Matrix = number[][];

/** Made by PyTorch, every expectation by enumeration; see test/fixtures/README.md. */
const fixture = JSON.parse(
  readFileSync(new URL('../fixtures/kl-gradients.json', import.meta.url), 'utf8'),
) as {
  cases: {
    vocabulary: number;
    length: number;
    prefixes: number[][];
    logits: Matrix;
    referenceLogits: Matrix;
    oldLogits: Matrix;
    klPolicyReference: number;
    klReferencePolicy: number;
    klPerPrefix: number[];
    gradientKlPolicyReference: Matrix;
    gradientKlReferencePolicy: Matrix;
    expectedGradients: Record<EstimatorCell['estimator'], Record<string, Matrix>>;
  }[];
};

/** Which cell the fixture means; what is exact in the reward has the same expectation with the state's own KL. */
const cellOf: Record<string, Omit<EstimatorCell, 'estimator'>> = {
  onPolicyLossToken: { placement: 'loss', level: 'token', source: 'on', weight: 'none' },
  onPolicyLossSequence: { placement: 'loss', level: 'sequence', source: 'on', weight: 'none' },
  onPolicyLaterStatesInReward: { placement: 'reward', level: 'token', source: 'on', weight: 'none' },
  onPolicyRewardTokenToGo: { placement: 'reward', level: 'token', source: 'on', weight: 'none' },
  onPolicyRewardOwnToken: { placement: 'reward', level: 'alone', source: 'on', weight: 'none' },
  onPolicyRewardSequence: { placement: 'reward', level: 'sequence', source: 'on', weight: 'none' },
  offPolicyLossSequence: { placement: 'loss', level: 'sequence', source: 'after', weight: 'none' },
  offPolicyLossToken: { placement: 'loss', level: 'token', source: 'after', weight: 'none' },
  offPolicyDetachedWeightLossSequence: {
    ...{ placement: 'loss', level: 'sequence', source: 'after', weight: 'detached' },
  },
  offPolicyRewardSequence: { placement: 'reward', level: 'sequence', source: 'after', weight: 'none' },
  offPolicyWeightedLossSequence: {
    ...{ placement: 'loss', level: 'sequence', source: 'after', weight: 'differentiable' },
  },
  offPolicyWeightedLossToken: {
    ...{ placement: 'loss', level: 'token', source: 'after', weight: 'differentiable' },
  },
  offPolicyWeightedRewardSequence: {
    ...{ placement: 'reward', level: 'sequence', source: 'after', weight: 'detached' },
  },
};

function expectClose(got: ArrayLike<number>, expected: ArrayLike<number>, tolerance = 1e-9): void {
  expect(got.length).toBe(expected.length);
  for (let i = 0; i < expected.length; i++)
    if (!(Math.abs(got[i] - expected[i]) <= tolerance))
      expect.fail(`entry ${i} is ${got[i]}, expected ${expected[i]}`);
}

describe.each(
  fixture.cases.map((each) => [`${each.vocabulary} tokens, ${each.length} a sequence`, each] as const),
)('kl-gradients.json, %s', (_, given) => {
  const { vocabulary, length } = given;
  const tree = enumerateSequences({ vocabulary, length, end: null });
  const [policy, reference, old] = [given.logits, given.referenceLogits, given.oldLogits].map((each) =>
    logSoftmax(tree, each.flat()),
  );

  it('has the prefixes in our order', () => {
    expect(given.prefixes).toEqual(Array.from({ length: tree.prefixes }, (_, p) => tree.prefix(p)));
  });

  it('has our KL in both directions, of sequences and of each state, and its gradient', () => {
    expect(klOfSequences(tree, policy, reference)).toBeCloseTo(given.klPolicyReference, 9);
    expect(klOfSequences(tree, reference, policy)).toBeCloseTo(given.klReferencePolicy, 9);
    expectClose(klPerPrefix(tree, policy, reference), given.klPerPrefix);
    expectClose(trueGradient(tree, policy, reference), given.gradientKlPolicyReference.flat());
  });

  const named = Object.entries(given.expectedGradients).flatMap(([estimator, all]) =>
    Object.entries(all).map(
      ([name, expected]) => [estimator as EstimatorCell['estimator'], name, expected] as const,
    ),
  );
  it.each(named)('%s, %s', (estimator, name, expected) => {
    const cell = { ...cellOf[name], estimator };
    const drawnBy = cell.source === 'on' ? policy : old;
    expectClose(expectedGradient(tree, { policy, reference, old: drawnBy }, cell), expected.flat());
  });

  it('k3 in the loss has the gradient of KL(π_ref‖π)', () => {
    const cell = { ...cellOf.onPolicyLossSequence, estimator: 'k3' } as const;
    const found = expectedGradient(tree, { policy, reference, old: policy }, cell);
    expectClose(found, given.gradientKlReferencePolicy.flat());
  });
});

/** Of every cell what is in its loss, of one sequence, from its definition alone: to be differentiated by differences. */
function lossOf(
  cell: EstimatorCell,
  edges: readonly number[],
  vocabulary: number,
  at: Policies,
  fixed: Policies,
): number {
  const { estimator, level, weight } = cell;
  const k: Record<string, (l: number) => number> = {
    k1: (l) => l,
    k2: (l) => l ** 2 / 2,
    k3: (l) => Math.exp(-l) - 1 + l,
  };
  const weights = weight === 'differentiable' ? at : fixed;
  const ratios = edges.map((edge) => (weight === 'none' ? 1 : Math.exp(weights.policy[edge] - at.old[edge])));
  const product = (values: readonly number[]): number => values.reduce((a, b) => a * b, 1);
  const logRatios = edges.map((edge) => at.policy[edge] - at.reference[edge]);
  const states = edges.map((edge) => {
    const first = Math.floor(edge / vocabulary) * vocabulary;
    let kl = 0;
    for (let e = first; e < first + vocabulary; e++)
      kl += Math.exp(at.policy[e]) * (at.policy[e] - at.reference[e]);
    return kl;
  });
  const total = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
  if (estimator === 'exact')
    return total(states.map((kl, t) => kl * (level === 'token' ? ratios[t] : product(ratios.slice(0, t)))));
  if (level === 'token') return total(logRatios.map((l, t) => ratios[t] * k[estimator](l)));
  return product(ratios) * k[estimator](total(logRatios));
}

const tree = enumerateSequences({ vocabulary: 3, length: 3, end: null });
const example = { seed: 3, steps: 4, stepSize: 1, beta: 0.1 };
const after = examplePolicies(tree, example);
const on = { ...after, old: after.policy };
const policiesOf = ({ source }: Pick<EstimatorCell, 'source'>): Policies => (source === 'on' ? on : after);

describe('an estimate of one sequence', () => {
  // The state's KL in the loss with later states' in the reward is no derivative of a loss.
  const losses = cells.filter(
    ({ placement, estimator, level, weight }) =>
      placement === 'loss' && !(estimator === 'exact' && level === 'sequence' && weight !== 'differentiable'),
  );
  it.each(losses)('is the derivative of its loss: $estimator $level $weight ($source)', (cell) => {
    const policies = policiesOf(cell);
    const estimate = gradientEstimate(tree, policies, cell);
    const logits = Float64Array.from(policies.policy);
    for (const sequence of [0, 7, 26]) {
      const edges = edgesOf(tree, sequence);
      const out = new Float64Array(logits.length);
      estimate(edges, out);
      const h = 1e-5;
      const measured = logits.map((z, i) => {
        const moved = (by: number): number => {
          const at = { ...policies, policy: logSoftmax(tree, logits.with(i, z + by)) };
          return lossOf(cell, edges, 3, at, policies);
        };
        return (moved(h) - moved(-h)) / (2 * h);
      });
      expectClose(out, measured, 1e-7);
    }
  });
});

/** Gradients that are expected of the cells, as the issue and the papers say; g is that of KL(π‖π_ref). */
describe('what is expected', () => {
  const g = trueGradient(tree, after.policy, after.reference);
  const of = (
    placement: EstimatorCell['placement'],
    estimator: EstimatorCell['estimator'],
    level: EstimatorCell['level'],
    source: EstimatorCell['source'] = 'on',
    weight: EstimatorCell['weight'] = 'none',
  ): Float64Array =>
    expectedGradient(tree, policiesOf({ source }), { placement, estimator, level, source, weight });
  const apart = (a: Float64Array, b: Float64Array): number =>
    Math.hypot(...a.map((each, i) => each - b[i])) / Math.hypot(...g);

  it('k1 in the reward is the right one, with return-to-go or of the sequence, not of the token alone', () => {
    expect(apart(of('reward', 'k1', 'token'), g)).toBeLessThan(1e-12);
    expect(apart(of('reward', 'k1', 'sequence'), g)).toBeLessThan(1e-12);
    expect(apart(of('reward', 'k1', 'alone'), g)).toBeGreaterThan(0.05);
  });

  it('k2 in the loss is k1 in the reward on-policy, of every sequence [arXiv 2510.01555]', () => {
    const loss = gradientEstimate(
      tree,
      on,
      cells.find(
        (each) => each.placement === 'loss' && each.estimator === 'k2' && each.level === 'sequence',
      ) as EstimatorCell,
    );
    const reward = gradientEstimate(
      tree,
      on,
      cells.find(
        (each) => each.placement === 'reward' && each.estimator === 'k1' && each.level === 'sequence',
      ) as EstimatorCell,
    );
    for (let y = 0; y < tree.sequences; y++) {
      const [a, b] = [loss, reward].map((estimate) => {
        const out = new Float64Array(g.length);
        estimate(edgesOf(tree, y), out);
        return out;
      });
      expectClose(a, b, 1e-14);
    }
  });

  it('k1 in the loss pulls nowhere, k3 elsewhere', () => {
    const nothing = new Float64Array(g.length);
    for (const level of ['token', 'sequence'] as const)
      expect(apart(of('loss', 'k1', level), nothing)).toBeLessThan(1e-12);
    expect(apart(of('loss', 'k3', 'sequence'), g)).toBeGreaterThan(0.05);
  });

  it('token-level losses give part of it: the state’s own KL; later states’ in the return-to-go are the rest [arXiv 2506.09477]', () => {
    const own = of('loss', 'exact', 'token');
    expect(apart(own, g)).toBeGreaterThan(0.05);
    expect(apart(of('loss', 'k2', 'token'), own)).toBeLessThan(1e-12);
    // What TRL has by default, on-policy.
    expect(apart(of('loss', 'k3', 'token', 'on', 'differentiable'), own)).toBeLessThan(1e-12);
    const later = of('reward', 'exact', 'token');
    expect(
      apart(
        own.map((each, i) => each + later[i]),
        g,
      ),
    ).toBeLessThan(1e-12);
    expect(apart(of('loss', 'exact', 'sequence'), g)).toBeLessThan(1e-12);
  });

  it('off-policy all are biased without weights', () => {
    const without = cells.filter(({ source, weight }) => source === 'after' && weight === 'none');
    expect(without).toHaveLength(20);
    for (const cell of without) expect(apart(expectedGradient(tree, after, cell), g)).toBeGreaterThan(0.05);
  });

  it('off-policy k1 and k3 in the loss need the differentiable sequence weight, k2 the detached, k1 in the reward the detached', () => {
    for (const k of ['k1', 'k3'] as const) {
      expect(apart(of('loss', k, 'sequence', 'after', 'differentiable'), g)).toBeLessThan(1e-12);
      expect(apart(of('loss', k, 'token', 'after', 'differentiable'), g)).toBeGreaterThan(0.05);
    }
    expect(apart(of('loss', 'k2', 'sequence', 'after', 'detached'), g)).toBeLessThan(1e-12);
    expect(apart(of('loss', 'k2', 'sequence', 'after', 'differentiable'), g)).toBeGreaterThan(0.05);
    expect(apart(of('reward', 'k1', 'sequence', 'after', 'detached'), g)).toBeLessThan(1e-12);
    expect(apart(of('loss', 'exact', 'sequence', 'after', 'differentiable'), g)).toBeLessThan(1e-12);
    expect(apart(of('loss', 'exact', 'sequence', 'after', 'detached'), g)).toBeGreaterThan(0.05);
  });
});

describe('the table', () => {
  const settings = { vocabulary: 3, length: 3, steps: 4, stepSize: 1, beta: 0.1, samples: 200_000 };
  const zOf = ({ bias, measuredBias: { value, error } }: EstimatorRow): number =>
    error < 1e-12 ? 0 : (value - bias) / error;

  it('measures in every cell what enumeration says, within three standard errors', () => {
    const { cells: rows } = estimatorTable({ ...settings, seed: 1, samples: 1_000_000 });
    expect(rows).toHaveLength(76);
    for (const row of rows) {
      expect(Math.abs(zOf(row)), JSON.stringify(row)).toBeLessThan(3);
      expect(Math.abs(row.measuredSpread / row.spread - 1), JSON.stringify(row)).toBeLessThan(0.05);
    }
  });

  it('has errors that are its errors: over twelve draws they are those of a normal distribution', () => {
    const zs = Array.from({ length: 12 }, (_, i) =>
      estimatorTable({ ...settings, seed: 100 + i }).cells.map(zOf),
    ).flat();
    const rms = Math.sqrt(zs.reduce((sum, z) => sum + z * z, 0) / zs.length);
    expect(rms).toBeGreaterThan(0.8);
    expect(rms).toBeLessThan(1.25);
  });

  it('has an angle where there is a direction, and no bias where there is none', () => {
    for (const row of estimatorTable({ ...settings, seed: 2 }).cells) {
      if (row.angle === null) expect(row.bias).toBeCloseTo(1, 12);
      if (row.bias === 0) expect(row.angle).toBe(0);
    }
  });

  it('is a row a cell in CSV', () => {
    const lines = tableCsv(estimatorTable({ ...settings, seed: 2, samples: 100 }))
      .trimEnd()
      .split('\n');
    expect(lines).toHaveLength(77);
    expect(lines[0]).toBe(
      'placement,estimator,level,source,weight,bias,angle,spread,measuredSpread,leash,measuredBias,measuredBiasError,trl,verl,openrlhf',
    );
    expect(lines.every((line) => !/NaN|undefined|object/.test(line))).toBe(true);
  });
});

describe('which flags select which', () => {
  it('every library’s usual ways are there', () => {
    const selected = (library: 'trl' | 'verl' | 'openrlhf'): Set<string> =>
      new Set(cells.flatMap((cell) => flagsOf(cell)[library] ?? []));
    expect([...selected('trl')].sort()).toEqual([
      'GRPOConfig(beta=β, use_bias_correction_kl=False)',
      'GRPOConfig(beta=β, use_bias_correction_kl=True)',
      'RLOOConfig(beta=β)',
    ]);
    expect(selected('verl').size).toBe(7);
    expect(selected('openrlhf').size).toBe(6);
  });

  it('leash trains with all that it names', () => {
    const named = cells.flatMap((cell) => settingsOf(cell) ?? []);
    expect(new Set(named).size).toBe(30);
  });
});
