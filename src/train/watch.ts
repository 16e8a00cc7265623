import type { Config } from '../config/schema.ts';
import type { BetaRule } from '../trust-region/adapt-beta.ts';
import type { MetricsRow } from '../row/metrics.ts';
import type { Warning } from '../run/record.ts';
import type { PolicyHealth } from './training.ts';

/** Thresholds, as docs/metrics.md states them. */
const LEAST_ENTROPY = 0.01;
const MOST_KL = { nats: 1, ofDelta: 10 };
const LEAST_GRADIENT = 1e-8;
const DEAD_FOR = 3;
const LEAST_RATE = 1e-8;
const GREATEST_RATE = 10;
const LEAST_STD = 1e-3;

/** Looks at updates as they come; each kind of warning is given once a run. */
export interface Watch {
  /** The warnings that this update is the first for. */
  after(row: MetricsRow, policy: PolicyHealth): readonly Warning[];
  /** All so far. */
  readonly warnings: readonly Warning[];
}

/**
 * @param updates of the whole run
 * @param earlier given before, where the run goes on
 */
export function createWatch(config: Config, updates: number, earlier: readonly Warning[] = []): Watch {
  const warnings = [...earlier];
  let withoutGradient = 0;
  return {
    warnings,
    after(row, policy) {
      const isDead = policy.gradientNorm <= LEAST_GRADIENT;
      withoutGradient = isDead ? withoutGradient + 1 : 0;
      const found = {
        ...signsOf(row, policy, config, updates),
        deadGradients: deadIn(withoutGradient, policy),
      };
      const first = Object.entries(found).flatMap(([kind, message]): Warning[] => {
        if (message === undefined || warnings.some((each) => each.kind === kind)) return [];
        return [{ kind: kind as Warning['kind'], update: row.update, message }];
      });
      warnings.push(...first);
      return first;
    },
  };
}

function deadIn(updates: number, { gradientNorm }: PolicyHealth): string | undefined {
  if (updates < DEAD_FOR) return undefined;
  return `dead gradients: the policy's last gradient had norm ${gradientNorm} in ${DEAD_FOR} updates running`;
}

function signsOf(
  row: MetricsRow,
  { leastStd, greatestEntropy }: PolicyHealth,
  { objective, optimizer, reference }: Config,
  updates: number,
): Readonly<Record<Exclude<Warning['kind'], 'deadGradients'>, string | undefined>> {
  const { update, entropy, klOldNewMean: kl, delta, learningRate } = row;
  const isCollapsed = greatestEntropy !== undefined && entropy < LEAST_ENTROPY * greatestEntropy;
  const isEarly = update <= updates / 2;
  const when = (holds: boolean | undefined, words: () => string): string | undefined =>
    holds ? words() : undefined;
  return {
    collapsedEntropy: when(
      isEarly && isCollapsed,
      () =>
        `collapsed entropy: ${figure(entropy)} nats, less than 1% of the ${figure(greatestEntropy)} of an even policy, with half of the updates ahead`,
    ),
    explodingKl: when(
      kl > MOST_KL.nats && kl > MOST_KL.ofDelta * delta,
      () => `exploding KL: ${figure(kl)} nats in one update, δ is ${figure(delta)}`,
    ),
    betaAtBound: when(row.betaSaturated || row.referenceBetaSaturated, () =>
      row.betaSaturated
        ? `β at its bound: after ${figure(row.beta)}, ${boundsOf('objective.adapt', 'adapt' in objective ? objective.adapt : null)}`
        : `β at its bound: after ${figure(row.referenceBeta)}, ${boundsOf('reference.adapt', reference?.adapt)}`,
    ),
    learningRateAtBound: when(
      row.learningRateSaturated || learningRate <= LEAST_RATE || learningRate >= GREATEST_RATE,
      () =>
        `learning rate at its bound: ${figure(learningRate)} (optimizer.learningRate ${JSON.stringify(optimizer.learningRate)})`,
    ),
    smallStandardDeviation: when(
      leastStd !== undefined && leastStd < LEAST_STD,
      () => `small standard deviation: σ of an action is ${figure(leastStd)}, less than ${LEAST_STD}`,
    ),
  };
}

/** What holds back the β of the next update. */
function boundsOf(name: string, adapt: Pick<BetaRule, 'min' | 'max'> | null | undefined): string {
  return `${name} keeps it within ${figure(adapt?.min)} to ${figure(adapt?.max)}`;
}

function figure(value: number | undefined): string {
  return value === undefined ? '–' : String(Number(value.toPrecision(4)));
}
