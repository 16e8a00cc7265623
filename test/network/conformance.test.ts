import { fc, test as property } from '@fast-check/vitest';
import { memory } from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { layoutOf } from '../../src/network/layout.ts';
import type { AdamStep } from '../../src/optimizer/adam.ts';
import type { Activations, Engine, Network } from '../../src/network/network.ts';
import type { NetworkShape } from '../../src/network/shape.ts';
import { referenceEngine } from '../../src/network/reference.ts';
import { TFJS_BACKENDS, type TfjsBackend } from '../../src/network/engine-traits.ts';
import { loadTfjsEngine } from '../../src/node/load-tfjs.ts';
import { loadWasmEngine } from '../../src/node/load-engine.ts';
import { outputsInFloat64 } from './float64-network.ts';

const CAPACITY = 300;
/** An engine of the suite, or why it is not there: its tests are then skipped, and counted as skipped. */
interface Candidate {
  readonly title: string;
  readonly engine?: Engine;
  readonly missing?: string;
}

async function tfjs(backend: TfjsBackend): Promise<Candidate> {
  try {
    return { title: `tfjs (${backend})`, engine: await loadTfjsEngine(backend) };
  } catch (cause) {
    return { title: `tfjs (${backend})`, missing: (cause as Error).message };
  }
}

const candidates: Candidate[] = [
  { title: 'reference', engine: referenceEngine },
  { title: 'wasm', engine: loadWasmEngine() },
  { title: 'wasm (fast math)', engine: loadWasmEngine(true) },
  ...(await Promise.all(TFJS_BACKENDS.map(tfjs))),
];

/** Uniform numbers in [−scale, scale), the same for the same seed. */
function numbers(length: number, scale: number, seed: number): Float32Array {
  let state = (seed * 2654435761) >>> 0;
  return Float32Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state / 2 ** 31 - 1) * scale;
  });
}

/** Multiples of ¼ in [−1, 1]. */
function quarters(length: number, seed: number): Float32Array {
  return numbers(length, 4, seed).map((x) => Math.round(x) / 4);
}

/** Parameters that keep tanh away from saturation whatever the width. */
function parametersFor(shape: NetworkShape, seed: number): Float32Array {
  return numbers(layoutOf(shape).size, 1.5 / Math.sqrt(Math.max(shape.inputs, ...shape.hidden)), seed);
}

function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return Array.from(a).reduce((sum, x, i) => sum + x * (b[i] as number), 0);
}

function norm(a: ArrayLike<number>): number {
  return Math.sqrt(dot(a, a));
}

/** ‖a − b‖ / (1 + ‖b‖). */
function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return norm(Array.from(a, (x, i) => x - (b[i] as number))) / (1 + norm(b));
}

function bitsOf(a: Float32Array): number[] {
  return Array.from(new Uint32Array(a.slice().buffer));
}

const shapes = fc
  .record({
    inputs: fc.integer({ min: 1, max: 70 }),
    hidden: fc.constantFrom([], [1], [3], [5, 7], [64, 64], [17, 33, 9]),
    outputs: fc.integer({ min: 1, max: 9 }),
    activation: fc.constantFrom('tanh' as const, 'relu' as const),
    gaussian: fc.boolean(),
    bias: fc.boolean(),
  })
  .map(
    ({ gaussian, bias, ...shape }): NetworkShape => ({
      ...shape,
      logStd: gaussian ? shape.outputs : 0,
      ...(bias ? {} : { bias }),
    }),
  );
const counts = fc.oneof(
  fc.integer({ min: 1, max: CAPACITY }),
  fc.constantFrom(1, 3, 4, 5, 8, 127, 128, 129, 256, 300),
);
const seeds = fc.integer({ min: 1, max: 1 << 30 });
const cases = { shape: shapes, count: counts, seed: seeds };

const cartPole: NetworkShape = { inputs: 4, hidden: [64, 64], outputs: 2, activation: 'tanh', logStd: 0 };

describe.each(candidates)('the $title engine', ({ engine: candidate, missing }) => {
  if (candidate === undefined) {
    test.skip(`missing: ${missing}`, () => undefined);
    return;
  }
  const engine = candidate;
  const isTfjs = engine.name === 'tfjs';
  /** Makes the network, hands it over and frees it. */
  function withNetwork<T>(shape: NetworkShape, use: (network: Network) => T): T {
    const network = engine.create(shape, CAPACITY);
    try {
      return use(network);
    } finally {
      network.dispose();
    }
  }

  property.prop(cases, { numRuns: 60 })('forward agrees with the definition in float64', (sample) => {
    const { shape, count, seed } = sample;
    const parameters = parametersFor(shape, seed);
    const observations = numbers(count * shape.inputs, 2, seed + 1);
    const expected = outputsInFloat64(shape, parameters, observations, count);
    withNetwork(shape, (network) => {
      const at = network.forward(parameters, observations, count);
      expect(at.count).toBe(count);
      expect(at.outputs.length).toBe(expected.length);
      expect(distance(at.outputs, expected)).toBeLessThan(2e-6);
    });
  });

  property.prop(cases, { numRuns: 60 })('vjp agrees with central differences in float64', (sample) => {
    const { shape, count, seed } = sample;
    // Where a relu has its kink a difference means nothing: smooth networks check the products here, and the
    // agreement with the reference (itself checked here) covers relu.
    const smooth: NetworkShape = { ...shape, activation: 'tanh' };
    const parameters = parametersFor(smooth, seed);
    const observations = numbers(count * shape.inputs, 2, seed + 1);
    const u = numbers(count * (shape.outputs + shape.logStd), 1, seed + 2);
    withNetwork(smooth, (network) => {
      const gradient = new Float32Array(network.layout.size).fill(7);
      network.vjp(network.forward(parameters, observations, count), u, gradient);
      for (let direction = 0; direction < 3; direction++) {
        const v = numbers(network.layout.size, 1, seed + 3 + direction);
        const h = 1e-5;
        const ahead = Array.from(parameters, (p, i) => p + h * (v[i] as number));
        const behind = Array.from(parameters, (p, i) => p - h * (v[i] as number));
        const difference =
          (dot(u, outputsInFloat64(smooth, ahead, observations, count)) -
            dot(u, outputsInFloat64(smooth, behind, observations, count))) /
          (2 * h);
        expect(Math.abs(dot(gradient, v) - difference)).toBeLessThan(1e-5 * (1 + norm(gradient) * norm(v)));
      }
    });
  });

  property.prop(cases, { numRuns: 60 })('vjp and jvp are adjoint: ⟨u, Jv⟩ = ⟨Jᵀu, v⟩', (sample) => {
    const { shape, count, seed } = sample;
    const observations = numbers(count * shape.inputs, 2, seed + 1);
    const u = numbers(count * (shape.outputs + shape.logStd), 1, seed + 2);
    withNetwork(shape, (network) => {
      const at = network.forward(parametersFor(shape, seed), observations, count);
      const v = numbers(network.layout.size, 1, seed + 3);
      const gradient = new Float32Array(network.layout.size);
      const change = new Float32Array(u.length);
      network.vjp(at, u, gradient);
      network.jvp(at, v, change);
      expect(Math.abs(dot(u, change) - dot(gradient, v))).toBeLessThan(1e-5 * (1 + norm(gradient) * norm(v)));
    });
  });

  property.prop(cases, { numRuns: 40 })('vjp and jvp agree with the reference', ({ shape, count, seed }) => {
    // Quarters keep the sums before a relu exact in float32, so both engines see the same sign, 0 included.
    const relu = shape.activation === 'relu';
    const smooth = parametersFor(shape, seed);
    const parameters = relu ? quarters(smooth.length, seed) : smooth;
    const observations = relu
      ? quarters(count * shape.inputs, seed + 1)
      : numbers(count * shape.inputs, 2, seed + 1);
    const width = shape.outputs + shape.logStd;
    const u = numbers(count * width, 1, seed + 2);
    const run = (network: Network): [Float32Array, Float32Array] => {
      const at = network.forward(parameters, observations, count);
      const gradient = new Float32Array(network.layout.size);
      const change = new Float32Array(u.length);
      network.vjp(at, u, gradient);
      network.jvp(at, numbers(network.layout.size, 1, seed + 3), change);
      return [gradient, change];
    };
    const [expectedGradient, expectedChange] = run(referenceEngine.create(shape, CAPACITY));
    withNetwork(shape, (network) => {
      const [gradient, change] = run(network);
      expect(distance(gradient, expectedGradient)).toBeLessThan(1e-5);
      expect(distance(change, expectedChange)).toBeLessThan(1e-5);
    });
  });

  property.prop({ ...cases, smaller: counts, start: fc.nat(CAPACITY) }, { numRuns: 60 })(
    `a sample's outputs are ${isTfjs ? 'within 1e-6 of themselves' : 'the same bits'} in every batch and place`,
    ({ shape, count, seed, smaller, start }) => {
      const parameters = parametersFor(shape, seed);
      const observations = numbers(count * shape.inputs, 2, seed + 1);
      const width = shape.outputs + shape.logStd;
      withNetwork(shape, (network) => {
        const whole = network.forward(parameters, observations, count).outputs.slice();
        const from = start % count;
        const part = Math.min(smaller, count - from);
        const rows = observations.slice(from * shape.inputs, (from + part) * shape.inputs);
        const few = Math.min(part, 1 + (start % 9));
        for (const alone of [
          network.forward(parameters, rows, part).outputs,
          network.infer(parameters, rows, part),
          network.infer(parameters, rows, few),
        ]) {
          const there = whole.slice(from * width, from * width + alone.length);
          if (isTfjs) expect(distance(alone, there)).toBeLessThan(1e-6);
          else expect(bitsOf(alone)).toEqual(bitsOf(there));
        }
      });
    },
  );

  property.prop(cases, { numRuns: 20 })(
    'the same call twice gives the same bytes',
    ({ shape, count, seed }) => {
      const observations = numbers(count * shape.inputs, 2, seed + 1);
      const u = numbers(count * (shape.outputs + shape.logStd), 1, seed + 2);
      const run = (): number[] =>
        withNetwork(shape, (network) => {
          const at = network.forward(parametersFor(shape, seed), observations, count);
          const gradient = network.allocate();
          const change = new Float32Array(u.length);
          network.vjp(at, u, gradient);
          network.jvp(at, gradient, change);
          return [...bitsOf(at.outputs), ...bitsOf(gradient), ...bitsOf(change)];
        });
      expect(run()).toEqual(run());
    },
  );

  test('allocated vectors and foreign ones give the same bytes', () => {
    withNetwork(cartPole, (network) => {
      const foreign = parametersFor(cartPole, 5);
      const observations = numbers(128 * 4, 2, 6);
      const u = numbers(128 * 2, 1, 7);
      const run = (copy: (values: Float32Array) => Float32Array): number[][] => {
        const gradient = copy(new Float32Array(foreign.length));
        const change = new Float32Array(u.length);
        const at = network.forward(copy(foreign), observations, 128);
        network.vjp(at, u, gradient);
        network.jvp(at, copy(foreign), change);
        return [bitsOf(at.outputs), bitsOf(gradient), bitsOf(change)];
      };
      const allocated = run((values) => {
        const vector = network.allocate();
        vector.set(values);
        return vector;
      });
      expect(run((values) => values.slice())).toEqual(allocated);
    });
  });

  test('at least 12 vectors can be allocated, zeroed and apart from each other', () => {
    withNetwork(cartPole, (network) => {
      const vectors = Array.from({ length: 12 }, () => network.allocate());
      for (const vector of vectors) expect(vector).toEqual(new Float32Array(network.layout.size));
      for (const [i, vector] of vectors.entries()) vector.fill(i + 1);
      for (const [i, vector] of vectors.entries()) {
        expect([vector[0], vector.at(-1)]).toEqual([i + 1, i + 1]);
      }
    });
  });

  test('batches longer than the count are read, and written, only as far as the count', () => {
    withNetwork(cartPole, (network) => {
      const parameters = parametersFor(cartPole, 5);
      const observations = numbers(12 * 4, 2, 6);
      const u = numbers(12 * 2, 1, 7);
      const gradient = network.allocate();
      const exact = network.allocate();
      network.vjp(network.forward(parameters, observations.slice(0, 40), 10), u.slice(0, 20), exact);
      const at = network.forward(parameters, observations, 10);
      network.vjp(at, u, gradient);
      expect(gradient).toEqual(exact);
      const change = new Float32Array(24).fill(7);
      network.jvp(at, parameters, change);
      expect(Array.from(change.slice(20))).toEqual([7, 7, 7, 7]);
      expect(change.slice(0, 20)).not.toContain(7);
    });
  });

  test('NaN in an observation shows in the outputs of its sample and in no other', () => {
    for (const activation of ['tanh', 'relu'] as const) {
      withNetwork({ ...cartPole, activation }, (network) => {
        const observations = numbers(6 * 4, 2, 6);
        observations[2 * 4 + 1] = Number.NaN;
        const { outputs } = network.forward(parametersFor(cartPole, 5), observations, 6);
        expect(Array.from(outputs, Number.isNaN)).toEqual(Array.from(outputs, (_, i) => i >> 1 === 2));
      });
    }
  });

  test('relu passes what is above 0 and stops the rest, 0 included', () => {
    withNetwork({ inputs: 1, hidden: [2], outputs: 1, activation: 'relu', logStd: 0 }, (network) => {
      const parameters = Float32Array.of(1, -1, 0, 0, 3, 5, 1);
      const gradient = network.allocate();
      const at = network.forward(parameters, Float32Array.of(2), 1);
      expect(Array.from(at.outputs)).toEqual([7]);
      network.vjp(at, Float32Array.of(1), gradient);
      expect(Array.from(gradient)).toEqual([6, 0, 3, 0, 2, 0, 1]);
      network.vjp(network.forward(parameters, Float32Array.of(0), 1), Float32Array.of(1), gradient);
      expect(Array.from(gradient)).toEqual([0, 0, 0, 0, 0, 0, 1]);
    });
  });

  test('tanh is within 3.3e-7 everywhere, never beyond ±1, odd, and exact to rounding near 0', () => {
    withNetwork({ inputs: 1, hidden: [1], outputs: 1, activation: 'tanh', logStd: 0 }, (network) => {
      const identity = Float32Array.of(1, 0, 1, 0);
      const tanh = (x: Float32Array): Float32Array => network.forward(identity, x, x.length).outputs.slice();
      const worst = (error: (x: number, y: number) => number, xs: Float32Array): number =>
        Math.max(...Array.from(tanh(xs), (y, i) => error(xs[i] as number, y)));
      for (let from = -12; from < 12; from += 0.3) {
        const xs = Float32Array.from({ length: CAPACITY }, (_, i) => from + i / 1000);
        expect(worst((x, y) => Math.abs(y - Math.tanh(x)), xs)).toBeLessThan(3.3e-7);
        expect(worst((_, y) => Math.abs(y), xs)).toBeLessThanOrEqual(1);
        expect(tanh(xs.map((x) => -x))).toEqual(tanh(xs).map((y) => -y));
      }
      const small = Float32Array.from({ length: 40 }, (_, i) => 10 ** -(i % 30));
      expect(worst((x, y) => Math.abs(y / Math.tanh(x) - 1), small)).toBeLessThan(4e-7);
      expect(Array.from(tanh(Float32Array.of(Infinity, -Infinity, 1e30)))).toEqual(
        Array.from([1, -1, 1], (y) => expect.closeTo(y, 6)),
      );
    });
  });

  test('activations that a later forward has overwritten throw when used', () => {
    withNetwork(cartPole, (network) => {
      const parameters = network.allocate();
      const observations = new Float32Array(8);
      const stale = network.forward(parameters, observations, 2);
      const at = network.forward(parameters, observations, 2);
      const u = new Float32Array(4);
      expect(() => stale.outputs).toThrow('stale');
      expect(() => network.vjp(stale, u, parameters)).toThrow('stale');
      expect(() => network.jvp(stale, parameters, u)).toThrow('stale');
      expect(at.outputs.length).toBe(4);
      network.infer(parameters, observations, 1);
      expect(() => at.outputs).toThrow('stale');
    });
  });

  if (isTfjs) {
    test('an update leaves as many tensors as it found, and dispose none', () => {
      const before = memory().numTensors;
      withNetwork(cartPole, (network) => {
        const parameters = parametersFor(cartPole, 5);
        const [gradient, first, second] = [network.allocate(), network.allocate(), network.allocate()];
        const change = new Float32Array(128 * 2);
        const update = (): number => {
          const at = network.forward(parameters, numbers(128 * 4, 2, 6), 128);
          network.jvp(at, parameters, change);
          network.vjp(at, change, gradient);
          network.adamStep(parameters, gradient, first, second, adamStep(1, 1));
          return memory().numTensors;
        };
        expect([update(), update(), update()]).toEqual(new Array(3).fill(update()));
      });
      expect(memory().numTensors).toBe(before);
    });
  }

  test("another network's activations throw when used", () => {
    withNetwork(cartPole, (network) => {
      network.forward(network.allocate(), new Float32Array(8), 2);
      const other: Activations = withNetwork(cartPole, (second) =>
        second.forward(second.allocate(), new Float32Array(8), 2),
      );
      expect(() => network.vjp(other, new Float32Array(4), network.allocate())).toThrow('stale');
    });
  });

  test('a network that was disposed of throws when used', () => {
    const network = engine.create(cartPole, 4);
    const parameters = network.allocate();
    const at = network.forward(parameters, new Float32Array(4), 1);
    network.dispose();
    expect(() => network.forward(parameters, new Float32Array(4), 1)).toThrow('disposed');
    expect(() => network.vjp(at, new Float32Array(2), parameters)).toThrow('disposed');
    expect(() => network.allocate()).toThrow('disposed');
  });

  test('a wrong length says what was expected and what came', () => {
    withNetwork(cartPole, (network) => {
      const parameters = network.allocate();
      const size = parameters.length;
      const observations = new Float32Array(8);
      const short = new Float32Array(3);
      const forward = (p: Float32Array, o: Float32Array, count: number) => () => network.forward(p, o, count);
      expect(forward(short, observations, 2)).toThrow(`parameters must hold ${size} numbers, got 3`);
      expect(forward(parameters, observations, 3)).toThrow(
        'observations must hold at least 3 × 4 = 12 numbers, got 8',
      );
      for (const count of [0, 301, 1.5, Number.NaN]) {
        expect(forward(parameters, observations, count)).toThrow(
          `count must be an integer in [1, 300], got ${count}`,
        );
      }
      const at = network.forward(parameters, observations, 2);
      const u = new Float32Array(4);
      expect(() => network.vjp(at, short, parameters)).toThrow('dOutputs must hold at least 2 × 2 = 4');
      expect(() => network.vjp(at, u, short)).toThrow(`gradient must hold ${size} numbers, got 3`);
      expect(() => network.jvp(at, short, u)).toThrow(`tangent must hold ${size} numbers, got 3`);
      expect(() => network.jvp(at, parameters, short)).toThrow('dOutputs must hold at least 2 × 2 = 4');
      expect(() => network.sumOfSquares(short)).toThrow(`vector must hold ${size} numbers, got 3`);
    });
  });

  test('a shape out of range says which width', () => {
    expect(() => engine.create({ ...cartPole, inputs: 0 }, 4)).toThrow(
      'inputs must be an integer ≥ 1, got 0',
    );
    expect(() => engine.create({ ...cartPole, hidden: [8, 1.5] }, 4)).toThrow('hidden[1] must be an integer');
    expect(() => engine.create({ ...cartPole, logStd: -1 }, 4)).toThrow('logStd must be an integer ≥ 0');
    expect(() => engine.create(cartPole, 0)).toThrow('capacity must be an integer ≥ 1, got 0');
  });

  property.prop({ shape: shapes, seed: seeds }, { numRuns: 20 })(
    'the sum of squares agrees with float64 to 1e-12',
    ({ shape, seed }) => {
      withNetwork(shape, (network) => {
        const vector = numbers(network.layout.size, 3, seed);
        const expected = dot(vector, vector);
        expect(Math.abs(network.sumOfSquares(vector) / expected - 1)).toBeLessThan(1e-12);
      });
    },
  );

  test("Adam takes PyTorch's steps", () => {
    // torch.optim.Adam(lr=0.1, betas=(0.9, 0.999), eps=1e-5) from p = 1, −2, 0.5 with gradients g, g/2, −g of
    // g = 0.3, −0.04, 2 halved by clipping; the numbers are its documented algorithm worked in float64.
    const linear: NetworkShape = { inputs: 2, hidden: [], outputs: 1, activation: 'tanh', logStd: 0 };
    withNetwork(linear, (network) => {
      const parameters = Float32Array.of(1, -2, 0.5);
      const first = network.allocate();
      const second = network.allocate();
      const expected = [
        [0.900006666, -1.900049975, 0.400001],
        [0.806796564, -1.806890939, 0.306784215],
        [0.795719109, -1.795819024, 0.295706036],
      ];
      [1, 0.5, -1].forEach((factor, i) => {
        const gradient = Float32Array.of(0.3 * factor, -0.04 * factor, 2 * factor);
        network.adamStep(parameters, gradient, first, second, adamStep(i + 1, 0.5));
        (expected[i] as number[]).forEach((p, j) => {
          expect(parameters[j]).toBeCloseTo(p, 6);
        });
      });
    });
  });

  property.prop({ shape: shapes, seed: seeds, foreign: fc.boolean() }, { numRuns: 30 })(
    'Adam agrees with the reference over ten steps and leaves the gradient alone',
    ({ shape, seed, foreign }) => {
      const run = (network: Network): Float32Array[] => {
        const make = (): Float32Array =>
          foreign ? new Float32Array(network.layout.size) : network.allocate();
        const [parameters, gradient, first, second] = [make(), make(), make(), make()];
        parameters.set(parametersFor(shape, seed));
        for (let t = 1; t <= 10; t++) {
          gradient.set(numbers(gradient.length, 1, seed + t));
          network.adamStep(parameters, gradient, first, second, adamStep(t, 0.7));
        }
        expect(gradient).toEqual(numbers(gradient.length, 1, seed + 10));
        return [parameters, first, second].map((vector) => vector.slice());
      };
      const expected = run(referenceEngine.create(shape, 1));
      const got = withNetwork(shape, run);
      got.forEach((vector, i) => {
        expect(distance(vector, expected[i] as Float32Array)).toBeLessThan(1e-6);
      });
    },
  );
});

function adamStep(t: number, gradientScale: number): AdamStep {
  return {
    gradientScale,
    learningRate: 0.1,
    beta1: 0.9,
    beta2: 0.999,
    epsilon: 1e-5,
    biasCorrection1: 1 - 0.9 ** t,
    biasCorrection2: 1 - 0.999 ** t,
  };
}

test('the wasm engine refuses the 17th vector', () => {
  const network = loadWasmEngine().create(cartPole, 1);
  for (let i = 0; i < 16; i++) network.allocate();
  expect(() => network.allocate()).toThrow('16 allocated vectors, and all are taken');
});

test('the wasm engine refuses a network larger than its address space', () => {
  const huge = { ...cartPole, hidden: [100_000, 100_000] };
  expect(() => loadWasmEngine().create(huge, 1)).toThrow(RangeError);
});
