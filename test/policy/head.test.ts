import { describe, expect, it } from 'vitest';
import { categoricalHead } from '../../src/policy/categorical.ts';
import { diagonalGaussianHead } from '../../src/policy/diagonal-gaussian.ts';
import { type Head, headKinds } from '../../src/policy/head.ts';
import { heads as definitions } from '../../src/policy/heads.ts';
import { multiBinaryHead } from '../../src/policy/multi-binary.ts';
import { multiDiscreteHead } from '../../src/policy/multi-discrete.ts';
import { squashedGaussianHead } from '../../src/policy/squashed-gaussian.ts';
import { type Random, randomStream } from '../../src/random/random.ts';

/** What every head must obey, whatever its distribution. */
const heads: { name: string; head: Head }[] = [
  { name: 'categorical of 1', head: categoricalHead(1) },
  { name: 'categorical of 2', head: categoricalHead(2) },
  { name: 'categorical of 5', head: categoricalHead(5) },
  { name: 'diagonal Gaussian in 1 dimension', head: diagonalGaussianHead(1) },
  { name: 'diagonal Gaussian in 3 dimensions', head: diagonalGaussianHead(3) },
  { name: 'squashed Gaussian in 1 dimension', head: squashedGaussianHead(1) },
  { name: 'squashed Gaussian in 3 dimensions', head: squashedGaussianHead(3) },
  { name: 'multi-discrete of one choice of 3', head: multiDiscreteHead([3]) },
  { name: 'multi-discrete of 3, 1, 2 and 5', head: multiDiscreteHead([3, 1, 2, 5]) },
  { name: 'multi-binary of 1', head: multiBinaryHead(1) },
  { name: 'multi-binary of 4', head: multiBinaryHead(4) },
];
const COUNT = 6;

/** Multiples of 1/64 in [−1.5, 1.5]: float32 holds them and the steps of a finite difference exactly. */
function draw(random: Random, length: number): Float32Array {
  return Float32Array.from({ length }, () => (random.integer(193) - 96) / 64);
}

function read(head: Head, outputs: Float32Array): Float64Array {
  const distributions = new Float64Array(outputs.length);
  head.read(outputs, outputs.length / head.width, distributions);
  return distributions;
}

function actionsOf(head: Head, distributions: Float64Array, random: Random): Float32Array {
  const actions = new Float32Array(COUNT * head.actionWidth);
  for (let i = 0; i < COUNT; i++) head.sample(distributions, i, random, actions);
  return actions;
}

/** ∂f/∂outputs by central differences. */
function numericalGradient(f: (outputs: Float32Array) => number, outputs: Float32Array): number[] {
  const h = 2 ** -12;
  return Array.from(outputs, (_, j) => {
    const moved = (step: number): number => f(outputs.map((x, i) => (i === j ? x + step : x)));
    return (moved(h) - moved(-h)) / (2 * h);
  });
}

function expectClose(got: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void {
  for (let i = 0; i < expected.length; i++) {
    const apart = Math.abs(got[i] - expected[i]) / Math.max(1, Math.abs(expected[i]));
    if (!(apart <= tolerance)) expect.fail(`entry ${i} is ${got[i]}, expected ${expected[i]}`);
  }
}

const sum = (values: Float64Array): number => values.reduce((total, x) => total + x, 0);
const dot = (a: Float32Array, b: Float32Array): number => a.reduce((total, x, i) => total + x * b[i], 0);

it('a head is made by its kind, and says it', () => {
  const made = headKinds.map((kind) => definitions[kind].create([3]));
  expect(made.map(({ kind, width, actionWidth }) => [kind, width, actionWidth])).toEqual([
    ['categorical', 3, 1],
    ['diagonalGaussian', 6, 3],
    ['squashedGaussian', 6, 3],
    ['multiDiscrete', 3, 1],
    ['multiBinary', 3, 3],
  ]);
  expect(() => multiDiscreteHead([])).toThrow('a multi-discrete needs at least 1 choice, got none');
  expect(() => multiDiscreteHead([2, 0])).toThrow('a categorical needs at least 1 action, got 0');
  expect(() => multiBinaryHead(0)).toThrow('a multi-binary needs at least 1 bit, got 0');
});

describe.each(heads)('a $name', ({ name, head }) => {
  const size = COUNT * head.width;
  const out = new Float64Array(COUNT);

  it('has the gradient of its log-probability', () => {
    const random = randomStream(1, name);
    const outputs = draw(random, size);
    const actions = actionsOf(head, read(head, outputs), random);
    const weights = Float64Array.from({ length: COUNT }, () => random.normal());
    const weighted = (z: Float32Array): number => {
      head.logProb(read(head, z), actions, COUNT, out);
      return sum(out.map((x, i) => x * weights[i]));
    };
    const gradient = new Float32Array(size);
    head.addPolicyGradient(read(head, outputs), actions, weights, 0, COUNT, gradient);
    expectClose(gradient, numericalGradient(weighted, outputs), 2e-6);
  });

  it('has the gradient of its entropy', () => {
    const random = randomStream(2, name);
    const outputs = draw(random, size);
    const actions = actionsOf(head, read(head, outputs), random);
    const weighted = (z: Float32Array): number => {
      head.entropy(read(head, z), COUNT, out);
      return -0.7 * sum(out);
    };
    const gradient = new Float32Array(size);
    head.addPolicyGradient(read(head, outputs), actions, new Float64Array(COUNT), -0.7, COUNT, gradient);
    expectClose(gradient, numericalGradient(weighted, outputs), 2e-6);
  });

  it('has the gradient of KL(old‖new) in the outputs of new', () => {
    const random = randomStream(3, name);
    const old = read(head, draw(random, size));
    const outputs = draw(random, size);
    const weighted = (z: Float32Array): number => {
      head.kl(old, read(head, z), COUNT, out);
      return 1.3 * sum(out);
    };
    const gradient = new Float32Array(size);
    head.addKlGradient(old, read(head, outputs), 1.3, COUNT, gradient);
    expectClose(gradient, numericalGradient(weighted, outputs), 2e-5);
  });

  it('has the gradient of KL(new‖fixed) in the outputs of new', () => {
    const random = randomStream(9, name);
    const fixed = read(head, draw(random, size));
    const outputs = draw(random, size);
    const weighted = (z: Float32Array): number => {
      head.kl(read(head, z), fixed, COUNT, out);
      return 1.3 * sum(out);
    };
    const gradient = new Float32Array(size);
    head.addReverseKlGradient(fixed, read(head, outputs), 1.3, COUNT, gradient);
    expectClose(gradient, numericalGradient(weighted, outputs), 2e-5);
    gradient.fill(0);
    head.addReverseKlGradient(fixed, fixed, 1.3, COUNT, gradient);
    expect([...gradient].every((each) => Math.abs(each) < 1e-15)).toBe(true);
  });

  it('adds its gradients to what is there', () => {
    const random = randomStream(4, name);
    const distributions = read(head, draw(random, size));
    const actions = actionsOf(head, distributions, random);
    const weights = new Float64Array(COUNT).fill(1);
    const other = read(head, draw(random, size));
    for (const add of [
      (g: Float32Array) => head.addPolicyGradient(distributions, actions, weights, 1, COUNT, g),
      (g: Float32Array) => head.addKlGradient(other, distributions, 1, COUNT, g),
      (g: Float32Array) => head.addReverseKlGradient(other, distributions, 1, COUNT, g),
    ]) {
      const fresh = new Float32Array(size);
      add(fresh);
      const onTop = new Float32Array(size).fill(8);
      add(onTop);
      expectClose(
        onTop,
        fresh.map((x) => x + 8),
        1e-6,
      );
    }
  });

  it('has as Fisher information the Hessian of KL(old‖new) at new = old', () => {
    const random = randomStream(5, name);
    const h = 2 ** -9;
    for (let trial = 0; trial < 10; trial++) {
      const outputs = draw(random, size);
      const tangent = draw(random, size);
      const old = read(head, outputs);
      const along = (step: number): number => {
        const moved = outputs.map((x, i) => x + step * tangent[i]);
        head.kl(old, read(head, moved), COUNT, out);
        return sum(out);
      };
      const product = new Float32Array(size);
      head.fisherProduct(old, tangent, COUNT, product);
      expectClose([dot(tangent, product)], [(along(h) + along(-h)) / (h * h)], 1e-4);
    }
  });

  it('has a symmetric Fisher information', () => {
    const random = randomStream(6, name);
    const distributions = read(head, draw(random, size));
    const [u, v] = [draw(random, size), draw(random, size)];
    const [mu, mv] = [new Float32Array(size), new Float32Array(size)];
    head.fisherProduct(distributions, u, COUNT, mu);
    head.fisherProduct(distributions, v, COUNT, mv);
    expectClose([dot(u, mv)], [dot(v, mu)], 1e-5);
  });

  it('is at KL 0 from itself, exactly, and above 0 from any other', () => {
    const outputs = draw(randomStream(7, name), size);
    const p = read(head, outputs);
    head.kl(p, p, COUNT, out);
    expect(Array.from(out)).toEqual(new Array(COUNT).fill(0));
    if (head.kind === 'categorical' && head.width === 1) return; // one action: there is no other
    const q = read(
      head,
      outputs.map((x, j) => (j % head.width === 0 ? x + 2 ** -16 : x)),
    );
    head.kl(p, q, COUNT, out);
    for (const kl of out) expect(kl).toBeGreaterThan(0);
  });

  it('reads a row the same whatever batch it stands in', () => {
    const outputs = draw(randomStream(8, name), size);
    const together = read(head, outputs);
    for (let i = 0; i < COUNT; i++) {
      const alone = read(head, outputs.slice(i * head.width, (i + 1) * head.width));
      expect(together.slice(i * head.width, (i + 1) * head.width)).toEqual(alone);
    }
  });

  it('computes a row the same at the end of a long batch as alone', () => {
    // More rows than any tile of numbers that is computed at once.
    const count = 1100;
    const random = randomStream(11, name);
    const outputs = draw(random, count * head.width);
    const p = read(head, outputs);
    const q = read(head, draw(random, count * head.width));
    const actions = new Float32Array(count * head.actionWidth);
    for (let i = 0; i < count; i++) head.sample(p, i, random, actions);
    const weights = Float64Array.from({ length: count }, () => random.normal());
    const tangent = draw(random, count * head.width);
    const everything = (from: number, rows: number): number[] => {
      const part = <T extends Float32Array | Float64Array>(all: T, width: number): T =>
        all.slice(from * width, (from + rows) * width) as T;
      const [pPart, qPart] = [part(p, head.width), part(q, head.width)];
      const perRow = [0, 1, 2].map(() => new Float64Array(rows));
      head.logProb(pPart, part(actions, head.actionWidth), rows, perRow[0] as Float64Array);
      head.entropy(pPart, rows, perRow[1] as Float64Array);
      head.kl(pPart, qPart, rows, perRow[2] as Float64Array);
      const perOutput = [0, 1, 2, 3].map(() => new Float32Array(rows * head.width));
      const [policy, penalty, reverse, fisher] = perOutput as [
        Float32Array,
        Float32Array,
        Float32Array,
        Float32Array,
      ];
      head.addPolicyGradient(pPart, part(actions, head.actionWidth), part(weights, 1), 0.5, rows, policy);
      head.addKlGradient(pPart, qPart, 0.5, rows, penalty);
      head.addReverseKlGradient(pPart, qPart, 0.5, rows, reverse);
      head.fisherProduct(pPart, part(tangent, head.width), rows, fisher);
      const last = [...read(head, part(outputs, head.width))].slice(-head.width);
      return [
        ...last,
        ...perRow.map((of) => of[rows - 1] as number),
        ...perOutput.flatMap((of) => [...of.slice(-head.width)]),
      ];
    };
    expect(everything(0, count)).toEqual(everything(count - 1, 1));
  });

  // Of a squashed Gaussian it is the median.
  it.skipIf(head.kind === 'squashedGaussian')('has no more probable action than its mode', () => {
    const random = randomStream(9, name);
    const distributions = read(head, draw(random, size));
    const best = new Float32Array(COUNT * head.actionWidth);
    for (let i = 0; i < COUNT; i++) head.mode(distributions, i, best);
    const atMode = new Float64Array(COUNT);
    head.logProb(distributions, best, COUNT, atMode);
    for (let trial = 0; trial < 50; trial++) {
      head.logProb(distributions, actionsOf(head, distributions, random), COUNT, out);
      out.forEach((logProb, i) => {
        expect(logProb).toBeLessThanOrEqual(atMode[i] + 1e-6);
      });
    }
  });

  it('estimates its entropy by the mean of −log π over samples', () => {
    const random = randomStream(10, name);
    const one = read(head, draw(random, head.width));
    const action = new Float32Array(head.actionWidth);
    const samples = 20_000;
    let mean = 0;
    let square = 0;
    const logProb = new Float64Array(1);
    for (let i = 0; i < samples; i++) {
      head.sample(one, 0, random, action);
      head.logProb(one, action, 1, logProb);
      mean -= logProb[0] / samples;
      square += logProb[0] ** 2 / samples;
    }
    head.entropy(one, 1, logProb);
    const error = Math.sqrt(Math.max(0, square - mean * mean) / samples);
    expect(Math.abs(mean - logProb[0])).toBeLessThanOrEqual(4 * error + 1e-12);
  });
});
