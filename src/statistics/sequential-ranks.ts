import { exp, log } from '../elementary/exponential.ts';
import { type Alternative, doubledMidranks, rankSumLaw } from './mann-whitney.ts';
import { normalCdf } from './normal.ts';

/*
 * A Mann–Whitney test that may be looked at after every group of runs. A run's score is its rank among all runs of both
 * sides so far; which runs of a group are whose is then, were there no difference, as likely as any other assignment
 * within the group, whatever came before. So what groups add to the sum of one side's scores is independent, and the law of
 * that sum over all looks is exact, by convolution, ties or not. [sequential ranks within strata: van Elteren 1960; error
 * spent look by look: Lan & DeMets 1983] Each look spends a fixed share of any level α, and nothing that an earlier one
 * left: what is decided at one level is so at every greater one, at this look or before. So the least level at which a
 * test is decided is a p-value at whichever look it is read, and Holm's method over such p-values keeps the error of a
 * family. [Liu & Anderson 2008; Ye, Li, Liu & Yao 2013]
 */

/** One group of runs: those of either side that were made between two looks. */
export interface RunGroup {
  readonly x: Float64Array;
  readonly y: Float64Array;
}

/** Runs of either side in a group that may still be made. */
export interface GroupSize {
  readonly x: number;
  readonly y: number;
}

/** Scores are whole: so many a rank's share of 1. */
const SCORES = 40;
/** Bisections of log α: relative error 2e-6. */
const BISECTIONS = 24;
const LEAST_LEVEL = 1e-12;
/** Distances from the expectation that differ by less are the same. */
const SAME = 1e-6;

/**
 * Error that each look may spend, as shares of the whole: (runs so far/runs at most)² less what was spent before. Little
 * at first, when only large differences show, most at the end. [Kim & DeMets 1987]
 * @param sizes runs of a side at each look, all groups so far together, ascending
 */
export function spendingOf(sizes: readonly number[]): number[] {
  const most = sizes[sizes.length - 1];
  return sizes.map((size, k) => (size / most) ** 2 - ((k === 0 ? 0 : sizes[k - 1]) / most) ** 2);
}

/** What a group adds to the sum of x's scores, all less the least that it could be. */
interface Step {
  readonly value: number;
  readonly expected: number;
  readonly variance: number;
  /** [greatest sum + 1] */
  readonly law: Float64Array;
}

/** @param scores of x's runs and then y's, whole */
function stepOf(scores: Float64Array, n: number): Step {
  const sum = (values: Float64Array): number => values.reduce((all, score) => all + score, 0);
  const sorted = Float64Array.from(scores).sort();
  const least = sum(sorted.subarray(0, n));
  const law = rankSumLaw(scores, n).subarray(least, sum(sorted.subarray(sorted.length - n)) + 1);
  const expected = n === 0 ? 0 : (n * sum(scores)) / scores.length - least;
  const variance = law.reduce((all, chance, s) => all + chance * (s - expected) ** 2, 0);
  return { value: sum(scores.subarray(0, n)) - least, expected, variance, law };
}

function stepsOf(groups: readonly RunGroup[]): Step[] {
  return groups.map(({ x, y }, look) => {
    const before = groups.slice(0, look).flatMap((group) => [...group.x, ...group.y]);
    const own = x.length + y.length;
    const pool = [...x, ...y, ...before];
    const ranks = doubledMidranks(pool).subarray(0, own);
    return stepOf(
      ranks.map((rank) => Math.round((SCORES * rank) / (2 * pool.length + 2))),
      x.length,
    );
  });
}

/** A group that is still to come, as if its runs were spread evenly. */
function stepToCome({ x, y }: GroupSize): Step {
  const scores = Float64Array.from({ length: x + y }, (_, i) => Math.round((SCORES * (i + 1)) / (x + y + 1)));
  return stepOf(scores, x);
}

/** The law of a sum that has not been decided so far. */
class Walk {
  /** [greatest sum + 1]: of each sum its probability, together with that it was not decided. */
  private law = Float64Array.of(1);
  private expected = 0;
  private readonly alternative: Alternative;
  constructor(alternative: Alternative) {
    this.alternative = alternative;
  }

  add(step: Step): void {
    const next = new Float64Array(this.law.length + step.law.length - 1);
    for (let i = 0; i < this.law.length; i++) {
      const chance = this.law[i] as number;
      if (chance === 0) continue;
      for (let j = 0; j < step.law.length; j++) next[i + j] = (next[i + j] as number) + chance * step.law[j];
    }
    this.law = next;
    this.expected += step.expected;
  }

  /** Probability of what is at least as far out. */
  tail(extent: number): number {
    let chance = 0;
    this.fromOutside((sum, distance) => {
      if (distance < extent - SAME) return false;
      chance += this.law[sum] as number;
      return true;
    });
    return chance;
  }

  /** Takes out what is decided where so much error may be spent. @returns how far out that begins */
  decide(error: number): number {
    let [bound, chance] = [Number.POSITIVE_INFINITY, 0];
    let [at, together] = [Number.POSITIVE_INFINITY, 0];
    this.fromOutside((sum, distance) => {
      if (distance < at - SAME) {
        // All that is as far out as what was seen last.
        if (at < Number.POSITIVE_INFINITY) [bound, chance] = [at, chance + together];
        [at, together] = [distance, 0];
      }
      together += this.law[sum] as number;
      return chance + together <= error;
    });
    for (let sum = 0; sum < this.law.length; sum++) {
      if (this.extentOf(sum) >= bound - SAME) this.law[sum] = 0;
    }
    return bound;
  }

  extentOf(sum: number): number {
    return this.alternative === 'greater' ? sum - this.expected : Math.abs(sum - this.expected);
  }

  /** Sums from the farthest out inwards, until `see` has seen enough. */
  private fromOutside(see: (sum: number, distance: number) => boolean): void {
    let [low, high] = [0, this.law.length - 1];
    if (this.alternative === 'greater') low = this.law.length;
    while (high >= 0 && (low <= high || this.alternative === 'greater')) {
      const isHigh = this.alternative === 'greater' || this.extentOf(high) >= this.extentOf(low);
      const sum = isHigh ? high-- : low++;
      if (!see(sum, this.extentOf(sum))) return;
    }
  }
}

/**
 * The p-value at the last of some looks.
 * @param groups one a look
 * @param spending shares of the error that the looks may spend, at least one a group
 */
export function sequentialPValue(
  groups: readonly RunGroup[],
  spending: readonly number[],
  alternative: Alternative = 'different',
): number {
  const steps = stepsOf(groups);
  let sum = 0;
  let least = 1;
  steps.forEach((step, look) => {
    sum += step.value;
    // Whether a level decides here; of greater ones more was taken out before, so that the least is found by halves.
    const isDecided = (level: number): boolean => {
      const walk = new Walk(alternative);
      for (let k = 0; k < look; k++) {
        walk.add(steps[k]);
        walk.decide(level * spending[k]);
      }
      walk.add(step);
      return walk.tail(walk.extentOf(sum)) <= level * spending[look];
    };
    if (!isDecided(least)) return;
    let [low, high] = [log(LEAST_LEVEL), log(least)];
    for (let i = 0; i < BISECTIONS; i++) {
      const middle = (low + high) / 2;
      if (isDecided(exp(middle))) high = middle;
      else low = middle;
    }
    least = exp(high);
  });
  return least;
}

/**
 * The chance that a test that is not decided at some level will be at the last look, as far as its runs so far tell: by
 * the predictive distribution of the sum, normal, with nothing known beforehand. [Spiegelhalter, Freedman & Blackburn 1986]
 * @param groups one a look so far
 * @param toCome groups that may still be made
 */
export function chanceOfDecision(
  groups: readonly RunGroup[],
  toCome: readonly GroupSize[],
  spending: readonly number[],
  level: number,
  alternative: Alternative = 'different',
): number {
  const [made, rest] = [stepsOf(groups), toCome.map(stepToCome)];
  const walk = new Walk(alternative);
  let bound = Number.POSITIVE_INFINITY;
  [...made, ...rest].forEach((step, look) => {
    walk.add(step);
    bound = walk.decide(level * spending[look]);
  });
  const varianceOf = (steps: readonly Step[]): number =>
    steps.reduce((all, { variance }) => all + variance, 0);
  const [known, unknown] = [varianceOf(made), varianceOf(rest)];
  if (known === 0 || unknown === 0 || bound === Number.POSITIVE_INFINITY) return 0;
  const drift = made.reduce((all, { value, expected }) => all + value - expected, 0);
  const extent = alternative === 'greater' ? drift : Math.abs(drift);
  const scale = (known + unknown) / known;
  return normalCdf((extent * scale - bound) / Math.sqrt(unknown * scale));
}
