import * as z from '../src/packages/zod.ts';
import type { Random } from '../src/random/random.ts';
import type {
  BoxSpace,
  DiscreteSpace,
  Environment,
  EnvironmentDefinition,
  Transition,
} from '../src/rollout/environment.ts';

/** The linear contextual bandit: reward ⟨θ_a, x⟩ + noise for a context x ~ N(0, I) drawn for every pull. */
export class ContextualBandit implements Environment {
  readonly observationSpace: BoxSpace;
  readonly actionSpace: DiscreteSpace;
  readonly figureNames = ['regret', 'expectedReward', 'bestExpectedReward'];
  readonly figures = new Float64Array(3);
  /** [arms][dimension] */
  readonly theta: readonly (readonly number[])[];
  private readonly sd: number;
  /** The context as the policy sees it: rounded to float32, so that rewards fit what is seen. */
  private readonly context: Float32Array;
  /** [arms]: ⟨θ_a, context⟩ */
  private readonly expected: Float64Array;
  private best = 0;

  /** @param theta [arms][dimension] */
  constructor(theta: readonly (readonly number[])[], sd: number) {
    this.theta = theta;
    this.sd = sd;
    this.context = new Float32Array(theta[0].length);
    this.expected = new Float64Array(theta.length);
    const bound = theta[0].map(() => Number.POSITIVE_INFINITY);
    this.observationSpace = { kind: 'box', low: bound.map((high) => -high), high: bound };
    this.actionSpace = { kind: 'discrete', n: theta.length };
  }

  reset(random: Random, observation: Float32Array): void {
    for (let d = 0; d < this.context.length; d++) this.context[d] = random.normal();
    this.expect();
    observation.set(this.context);
  }

  step(action: Float32Array, random: Random, observation: Float32Array, transition: Transition): void {
    const expected = this.expected[action[0]];
    const best = this.expected[this.best];
    this.figures[0] = best - expected;
    this.figures[1] = expected;
    this.figures[2] = best;
    observation.set(this.context);
    transition.reward = expected + this.sd * random.normal();
    transition.terminated = true;
  }

  optimalAction(): number {
    return this.best;
  }

  /** The context shown last. */
  snapshot(): Float32Array {
    return this.context.slice();
  }

  restore(context: Float32Array): void {
    this.context.set(context);
    this.expect();
  }

  /** What each arm is worth in the context, and which is best. */
  private expect(): void {
    for (let arm = 0; arm < this.theta.length; arm++) {
      let sum = 0;
      for (let d = 0; d < this.context.length; d++) sum += this.theta[arm][d] * this.context[d];
      this.expected[arm] = sum;
      if (arm === 0 || sum > this.expected[this.best]) this.best = arm;
    }
  }
}

/** Every copy holds its own. */
const MOST_WEIGHTS = 1_000_000;

const options = z
  .strictObject({
    arms: z.int().min(2).max(10_000).optional().describe('Number of arms; 5 unless theta is given.'),
    dimension: z
      .int()
      .min(1)
      .max(10_000)
      .optional()
      .describe('Numbers in a context; 4 unless theta is given.'),
    theta: z
      .array(z.array(z.number()).min(1))
      .min(2)
      .optional()
      .describe('Each arm’s weights, one row an arm; standard normal divided by √dimension if absent.'),
    sd: z.number().min(0).default(0.1).describe('Standard deviation of the noise on the reward.'),
  })
  .superRefine(({ arms = 5, dimension = 4, theta }, context) => {
    if (theta !== undefined || arms * dimension <= MOST_WEIGHTS) return;
    const message = `must be at most ${Math.floor(MOST_WEIGHTS / arms)} with ${arms} arms: ${MOST_WEIGHTS} weights in all, got ${dimension}`;
    context.addIssue({ code: 'custom', path: ['dimension'], message });
  })
  .superRefine(({ arms, dimension, theta }, context) => {
    // An empty array is refused for its length already.
    if (theta === undefined || theta.length === 0) return;
    const width = dimension ?? theta[0].length;
    const ragged = theta.findIndex((row) => row.length !== width);
    const message =
      arms !== undefined && arms !== theta.length
        ? `must agree with arms (${arms}), got ${theta.length} rows`
        : ragged >= 0
          ? `must have ${width} numbers in every row, got ${theta[ragged].length} in row ${ragged + 1}`
          : undefined;
    if (message) context.addIssue({ code: 'custom', path: ['theta'], message });
  });
type Options = z.output<typeof options>;

function drawTheta({ arms = 5, dimension = 4 }: Options, task: Random): number[][] {
  const scale = 1 / Math.sqrt(dimension);
  return Array.from({ length: arms }, () => Array.from({ length: dimension }, () => scale * task.normal()));
}

export const contextualBandit: EnvironmentDefinition<Options> = {
  id: 'ContextualBandit',
  summary: 'The best arm depends linearly on a context shown before every pull.',
  source: 'Li et al. 2010, arXiv 1003.0146: linear payoffs with disjoint weights',
  options,
  timeLimit: () => 1,
  episodeLength: () => 1,
  bestReturn: () => undefined,
  bytesPerCopy: ({ theta, arms = 5, dimension = 4 }) =>
    8 * (theta?.length ?? arms) * (theta?.[0].length ?? dimension),
  create: (options, task) => new ContextualBandit(options.theta ?? drawTheta(options, task), options.sd),
};
