import { standardize } from '../../advantage/standardize.ts';
import { exp, sigmoid } from '../../elementary/exponential.ts';
import type { Engine, Network } from '../../network/network.ts';
import { type Objective, sampledLoss } from '../../objective/objective.ts';
import { probabilityRatios } from '../../objective/surrogate.ts';
import type { Config } from '../../config/schema.ts';
import { diagonalGaussianHead } from '../../policy/diagonal-gaussian.ts';
import type { Head } from '../../policy/head.ts';
import { multiBinaryHead } from '../../policy/multi-binary.ts';
import type { EnvironmentDefinition } from '../../rollout/environment.ts';
import type { Rollout } from '../../rollout/rollout.ts';
import type { WrittenRow } from '../../row/metrics.ts';
import { createTraining } from '../../train/training.ts';

/** Two parameters of a policy. */
export type Point = readonly [number, number];

/** A world in which a linear policy without biases has two parameters: docs/environments.md, GaussianMicroscope, LogitMicroscope. */
export interface Microscope {
  readonly title: string;
  readonly axes: readonly [x: string, y: string];
  /** What is drawn of each parameter. */
  readonly domain: readonly [x: Point, y: Point];
  readonly start: Point;
  readonly head: Head;
  /** J of a policy, exactly. @param options of its environment */
  trueReturn(at: Point, options: MicroscopeOptions): number;
  /** What a policy's head has in a context. */
  distribution(at: Point, context: number): readonly number[];
}

/** Those of both worlds. */
export interface MicroscopeOptions {
  readonly target?: number;
  readonly width?: number;
  readonly rewards?: readonly number[];
}

export const microscopes = {
  gaussian: {
    title: 'a Gaussian bandit',
    axes: ['μ', 'log σ'],
    domain: [
      [-1.5, 4],
      [-2.2, 1.2],
    ],
    start: [0, 0],
    head: diagonalGaussianHead(1),
    trueReturn([mean, logStd], { target = 1, width = 1 }) {
      const square = width * width + exp(2 * logStd);
      return (width / Math.sqrt(square)) * exp((-0.5 * (mean - target) ** 2) / square);
    },
    distribution: (at) => at,
  },
  logit: {
    title: 'two contexts, a logit each',
    axes: ['logit of context 0', 'logit of context 1'],
    domain: [
      [-4, 4],
      [-4, 4],
    ],
    start: [0, 0],
    head: multiBinaryHead(1),
    trueReturn: (at, { rewards = [1, -1] }) =>
      at.reduce((sum, z, context) => sum + 0.5 * sigmoid(z) * rewards[context], 0),
    distribution: (at, context) => [at[context]],
  },
} as const satisfies Readonly<Record<string, Microscope>>;
export type World = keyof typeof microscopes;

/** What an update learned from, as the objective sees it: Â brought to mean 0 and deviation 1 over the whole rollout. */
export interface Sampled {
  readonly count: number;
  readonly contexts: Uint8Array;
  readonly actions: Float32Array;
  readonly advantages: Float64Array;
  readonly logProbs: Float64Array;
}

/** An update of the core's own, and its way. */
export interface Step {
  readonly from: Point;
  readonly to: Point;
  /** After each gradient step; of TRPO the one point it came to. */
  readonly path: readonly Point[];
  /** Of TRPO: where the whole step led before it was shortened. */
  readonly whole: Point | undefined;
  readonly row: WrittenRow;
  readonly sampled: Sampled;
}

/** A training of two parameters that is watched step by step. */
export class WatchedTraining {
  private readonly training: ReturnType<typeof createTraining>;
  private readonly shrink: number;
  private path: Point[] = [];
  private sampled: Sampled | undefined;
  private at: Point;

  /** @param at the policy that it begins with */
  constructor(config: Config, definition: EnvironmentDefinition, engine: Engine, at: Point) {
    this.at = [Math.fround(at[0]), Math.fround(at[1])];
    this.shrink = config.trpo.lineSearch.shrink;
    const watched = watchedEngine(engine, (parameters) => this.path.push(pointOf(parameters)));
    this.training = createTraining(config, definition, watched, undefined, {}, (rollout) => {
      this.sampled = sampledOf(rollout);
    });
    const snapshot = this.training.snapshot();
    this.training.restore({
      ...snapshot,
      policy: { ...snapshot.policy, parameters: Float32Array.from(this.at) },
    });
  }

  /** @throws NonFiniteError */
  step(): Step {
    this.path = [];
    const from = this.at;
    const row = this.training.update();
    this.at = pointOf(this.training.stored().policy.parameters);
    const backtracks = row.backtracks ?? null;
    const isTrpo = backtracks !== null;
    const fraction = this.shrink ** (backtracks ?? 0);
    const whole: Point | undefined =
      isTrpo && row.rejectedReason === null
        ? [from[0] + (this.at[0] - from[0]) / fraction, from[1] + (this.at[1] - from[1]) / fraction]
        : undefined;
    // A rollback ends elsewhere than the last gradient step.
    const path = isTrpo ? [this.at] : [...this.path, this.at];
    return { from, to: this.at, path, whole, row, sampled: this.sampled as Sampled };
  }

  dispose(): void {
    this.training.dispose();
  }
}

function pointOf(parameters: Float32Array): Point {
  return [parameters[0], parameters[1]];
}

/** An engine that tells the parameters of the network without biases, the policy, after each step of Adam. */
function watchedEngine(engine: Engine, tell: (parameters: Float32Array) => void): Engine {
  return {
    ...engine,
    create(shape, capacity) {
      const network = engine.create(shape, capacity);
      return shape.bias === false ? watchedNetwork(network, tell) : network;
    },
  };
}

function watchedNetwork(network: Network, tell: (parameters: Float32Array) => void): Network {
  const { shape, layout, capacity, inputShape } = network;
  return {
    ...{ shape, layout, capacity, inputShape },
    allocate: () => network.allocate(),
    forward: (parameters, observations, count) => network.forward(parameters, observations, count),
    infer: (parameters, observations, count) => network.infer(parameters, observations, count),
    vjp: (at, dOutputs, gradient) => network.vjp(at, dOutputs, gradient),
    jvp: (at, tangent, dOutputs) => network.jvp(at, tangent, dOutputs),
    sumOfSquares: (vector) => network.sumOfSquares(vector),
    adamStep(parameters, gradient, firstMoment, secondMoment, step) {
      network.adamStep(parameters, gradient, firstMoment, secondMoment, step);
      tell(parameters);
    },
    dispose: () => network.dispose(),
  };
}

function sampledOf({ count, features, observations, actions, advantages, logProbs }: Rollout): Sampled {
  const standardized = advantages.slice();
  standardize(standardized, count);
  const contextOf = (row: number): number => {
    for (let context = 1; context < features; context++)
      if (observations[row * features + context] === 1) return context;
    return 0;
  };
  return {
    ...{ count, actions: actions.slice(), advantages: standardized, logProbs: logProbs.slice() },
    contexts: Uint8Array.from({ length: count }, (_, row) => contextOf(row)),
  };
}

/** What an objective promises of policies, on what an update learned from: its loss with the sign turned, without the exact KL penalty. */
export function surrogateOf(
  world: Microscope,
  objective: Objective,
  sampled: Sampled,
): (at: Point) => number {
  const { count, contexts, actions, advantages } = sampled;
  const { head } = world;
  const distributions = new Float64Array(count * head.width);
  const logProbs = new Float64Array(count);
  const batch = {
    ...{ logRatios: new Float64Array(count), ratios: new Float64Array(count), logProbs, advantages },
    divergences: new Float64Array(count),
  };
  const weights = new Float64Array(count);
  return (at) => {
    const own = [0, 1].map((context) => world.distribution(at, context));
    for (let row = 0; row < count; row++)
      for (let k = 0; k < head.width; k++) distributions[row * head.width + k] = own[contexts[row]][k];
    head.logProb(distributions, actions, count, logProbs);
    probabilityRatios(logProbs, sampled.logProbs, count, batch.logRatios, batch.ratios);
    return -sampledLoss(objective, batch, count, weights);
  };
}

/** How often each context was seen, as shares; before there is a rollout each as often. */
export function sharesOf(sampled: Sampled | undefined): Point {
  if (sampled === undefined) return [0.5, 0.5];
  const second = sampled.contexts.reduce((sum, context) => sum + context, 0) / sampled.count;
  return [1 - second, second];
}

/** Exact KL(π_from‖π_at), mean over the contexts that were seen. */
export function klOf({ head, distribution }: Microscope, from: Point, shares: Point): (at: Point) => number {
  const both = (at: Point): Float64Array =>
    Float64Array.from([0, 1].flatMap((context) => [...distribution(at, context)]));
  const old = both(from);
  const out = new Float64Array(2);
  return (at) => {
    head.kl(old, both(at), 2, out);
    return shares[0] * out[0] + shares[1] * out[1];
  };
}

/** Points of a closed line. */
const ELLIPSE = 120;
/** How far a way from a policy is followed, and how often it is halved. */
const FARTHEST = 40;
const BISECTIONS = 40;

/** The edge of the trust region, KL(π_from‖π) = δ: in each direction the first policy there, or one far away. */
export function regionOf(kl: (at: Point) => number, from: Point, delta: number): Point[] {
  return Array.from({ length: ELLIPSE + 1 }, (_, i): Point => {
    const angle = (2 * Math.PI * i) / ELLIPSE;
    const at = (reach: number): Point => [
      from[0] + reach * Math.cos(angle),
      from[1] + reach * Math.sin(angle),
    ];
    let [inside, outside] = [0, 1e-3];
    while (outside < FARTHEST && kl(at(outside)) <= delta) [inside, outside] = [outside, 1.5 * outside];
    for (let k = 0; k < BISECTIONS; k++) {
      const middle = (inside + outside) / 2;
      if (kl(at(middle)) <= delta) inside = middle;
      else outside = middle;
    }
    return at(inside);
  });
}

/** The policies with ½·xᵀFx = δ, x from `from`: the trust region to second order. */
export function ellipseOf(world: Microscope, from: Point, shares: Point, delta: number): Point[] {
  const [a, b, c] = fisherOf(world, from, shares);
  // F = LLᵀ: with x = L⁻ᵀu, xᵀFx is |u|².
  const l1 = Math.sqrt(a);
  const l2 = b / l1;
  const l3 = Math.sqrt(c - l2 * l2);
  const reach = Math.sqrt(2 * delta);
  return Array.from({ length: ELLIPSE + 1 }, (_, i): Point => {
    const angle = (2 * Math.PI * i) / ELLIPSE;
    const y = (reach * Math.sin(angle)) / l3;
    const x = (reach * Math.cos(angle) - l2 * y) / l1;
    return [from[0] + x, from[1] + y];
  });
}

/** F at a policy, mean over the contexts that were seen: F₁₁, F₁₂, F₂₂. */
export function fisherOf(
  { head, distribution }: Microscope,
  at: Point,
  shares: Point,
): readonly [number, number, number] {
  const { width } = head;
  const entry = (i: 0 | 1, j: 0 | 1): number =>
    shares.reduce((sum, share, context) => {
      // Of a Gaussian the parameters are the outputs; a logit is the output of its context alone.
      const unit = (k: 0 | 1): number[] =>
        Array.from({ length: width }, (_, output) => Number(width === 2 ? output === k : context === k));
      const out = new Float32Array(width);
      head.fisherProduct(Float64Array.from(distribution(at, context)), Float32Array.from(unit(j)), 1, out);
      return sum + share * unit(i).reduce((total, value, k) => total + value * out[k], 0);
    }, 0);
  return [entry(0, 0), entry(0, 1), entry(1, 1)];
}

/** What an algorithm is run with. */
export interface Settings {
  readonly algorithm: 'trpo' | 'ppo';
  readonly delta: number;
  readonly clipRange: number;
  readonly epochs: number;
  readonly learningRate: number;
  readonly seed: number;
}

type Written = Readonly<Record<string, unknown>>;

/** The shipped configs that are run, by name. */
export const configNames = {
  gaussian: { trpo: 'gaussian-microscope-trpo', ppo: 'gaussian-microscope-clip' },
  // PPO in the other world is PPO as it is in the first.
  logit: { trpo: 'logit-microscope-trpo', ppo: 'gaussian-microscope-clip' },
} as const satisfies Readonly<Record<World, Readonly<Record<Settings['algorithm'], string>>>>;

/** A config as written, and what is said over it as `--set` says it. */
export function writtenConfig(
  world: World,
  { algorithm, delta, clipRange, epochs, learningRate, seed }: Settings,
  shipped: (name: string) => Written,
): { readonly written: Written; readonly settings: Readonly<Record<string, string>> } {
  const { environment } = shipped(configNames[world].trpo);
  const own = { seed: String(seed), 'trustRegion.delta': String(delta) };
  const ppo = {
    'objective.clipRange': String(clipRange),
    'ppo.epochs': String(epochs),
    'optimizer.learningRate': String(learningRate),
  };
  return {
    written: { ...shipped(configNames[world][algorithm]), environment },
    settings: { ...own, ...(algorithm === 'ppo' && ppo) },
  };
}
