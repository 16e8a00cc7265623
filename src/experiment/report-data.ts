import type { Config } from '../config/schema.ts';
import type { ReportRow } from '../row/report-row.ts';
import type { KlTarget } from './kl-target.ts';

/**
 * What `report.json` holds: every figure of a `leash compare` or `leash sweep`, from the rows on disk alone.
 * No clock and no worker count is in it: the same configs and seeds give the same bytes. Returns are raw and
 * undiscounted, KL figures nats; docs/compare.md defines each figure. NaN and ±Infinity are strings in the
 * file (`encodeJson`).
 */
export interface ReportData {
  readonly format: 'leash-report-1';
  readonly kind: 'compare' | 'sweep';
  /** The folder's name: `runs/NAME`. */
  readonly name: string;
  /** Of the study or sweep file; '' where there is none. */
  readonly description: string;
  /** The command that makes this report again, without `--workers`. */
  readonly command: string;
  readonly versions: { readonly leash: string; readonly node: string };
  readonly seeds: readonly number[];
  /** Of every interval: its confidence, and how each is made and what it covers, in words. */
  readonly intervals: {
    readonly confidence: number;
    readonly mean: string;
    readonly iqm: string;
    readonly median: string;
    readonly improvement: string;
    readonly profile: string;
    readonly ties: string;
  };
  /** In the order of the command line or file. */
  readonly configs: readonly ConfigReport[];
  /** Settings in which the configs differ, one value per config in the order of `configs`. */
  readonly differences: readonly { readonly path: string; readonly values: readonly unknown[] }[];
  /**
   * Every pair of configs of one environment, each once, the one with the higher IQM first; of a sweep and of
   * more than eight configs the pairs with the best.
   */
  readonly pairs: { readonly final: readonly PairReport[]; readonly curve: readonly PairReport[] };
  /** The tests that p-values are adjusted over together. */
  readonly family: {
    /** The chance, at most, that a report says "better" anywhere, by either measure, where nothing differs. */
    readonly error: number;
    readonly method: 'Holm';
    /** Every pair of configs of one environment, listed or not, by both measures; with a margin two more of each pair. */
    readonly tests: number;
  };
  /** By how much a final return may be lower and still be no worse; null where that was not asked. */
  readonly margin: number | null;
  /** With `--until-decided`: how seeds were added. Null where all were planned. */
  readonly untilDecided: {
    /** Seeds of a config by each look that there may be. */
    readonly looks: readonly number[];
    /** Shares of the error that the looks spend. */
    readonly spending: readonly number[];
    /** A chance of being decided below which a test is hopeless. */
    readonly hopeless: number;
    /** Runs that were made, and that all looks would have made. */
    readonly runs: number;
    readonly mostRuns: number;
  } | null;
  /**
   * How often a difference of one standard deviation between two configs would be found by one measure, with these seeds
   * and this family; null for one seed, beyond 50, with `untilDecided`, and where nothing is tested.
   */
  readonly power: number | null;
  /** Of final performance; null where the configs' environments differ. */
  readonly profile: PerformanceProfile | null;
  /** Methods over all worlds; null where a study has no worlds, or not every method has runs in all of them. */
  readonly across: AcrossReport | null;
  /** What the data support, one sentence each, the most important first. */
  readonly verdict: readonly string[];
  /** Present with `--match-kl`. */
  readonly calibration: CalibrationReport | null;
  /** Present for `kind: "sweep"`. */
  readonly sweep: SweepReport | null;
}

/** A point estimate and its 95% interval; an end is null for a single seed, and where nothing bounds it. */
export interface Estimate {
  /** Null where a stuck run is in it: an IQM, of more than a quarter of the runs; a mean, of one. */
  readonly value: number | null;
  readonly low: number | null;
  readonly high: number | null;
  /**
   * Which of the three are null for that reason, where any is. Of a difference `low` is then where the first of the two
   * is stuck, `high` where the second is.
   */
  readonly stuck?: readonly ('value' | 'low' | 'high')[];
}

/** One of the two performances of a config: over the last tenth of training, or over all of it. */
export interface Performance {
  /** One value per seed, in the order of `seeds`; null for a failed or a stuck run. */
  readonly perSeed: readonly (number | null)[];
  /** Null where no seed has a value. */
  readonly mean: Estimate | null;
  readonly median: Estimate | null;
  readonly iqm: Estimate | null;
  /** Best known return minus the mean of min(performance, best); null where the best isn't known. */
  readonly optimalityGap: Estimate | null;
  /** The value that more than a quarter of the runs have, the least of all or the greatest, and how many; null where none is. */
  readonly tied: { readonly value: number; readonly runs: number } | null;
}

/** All about one config. */
export interface ConfigReport {
  readonly label: string;
  readonly config: Config;
  /** Of the file that its environment was loaded from, what `run.json` says; absent where it is a built-in one. */
  readonly module?: { readonly id: string; readonly sha256: string } | undefined;
  readonly bestReturn: { readonly value: number; readonly how: string } | null;
  /** One per seed; `path` is relative to the folder of the report. */
  readonly runs: readonly {
    readonly seed: number;
    readonly path: string;
    readonly status: 'completed' | 'failed' | 'interrupted';
    readonly failure: string | null;
    readonly updates: number;
  }[];
  /**
   * Seeds of the completed runs in whose last tenth no episode ended. Every statistic ranks them below all others,
   * tied with each other.
   */
  readonly stuck: readonly number[];
  /** Mean return of the episodes that ended in the last tenth of the updates. */
  readonly final: Performance;
  /** Mean of the curve of returns over the first `curveSteps` steps. */
  readonly curve: Performance;
  /** How far the curves of all runs of the config's environment are known, stuck runs aside; 0: not at all. */
  readonly curveSteps: number;
  /** Seeds of the completed runs without a curve from the first update on: of leash 0.1.0, whose rows have none, and branches. */
  readonly withoutCurve: readonly number[];
  /** Those among them that begin with a checkpoint of another run. */
  readonly branches: readonly number[];
  /**
   * Where every return of every completed run is 0 or 1: the share of the episodes of the last tenth that returned 1, mean
   * over seeds, with its Wilson interval, or by their order where they pile up. Null elsewhere; its bounds are null for a single seed.
   */
  readonly success: Estimate | null;
  /** Null where no threshold was given and no best return is known. */
  readonly stepsToThreshold: {
    readonly threshold: number;
    /** In twentieths of the steps; null for a seed that never got there, or lost it, is stuck, or of which it is not yet known. */
    readonly perSeed: readonly (number | null)[];
    readonly reached: number;
    /** Seeds that end at the threshold and had not reached it as far as their curves are known. */
    readonly notYetKnown: number;
    /**
     * Over all seeds, "not yet known" counting as more than any number and "never" as more than that; null where it is
     * one of these: the first where `isMedianKnown` is false.
     */
    readonly median: number | null;
    readonly isMedianKnown: boolean;
  } | null;
  readonly kl: {
    /** Mean over all updates of all seeds of klOldNewMean. */
    readonly mean: number;
    /** 95th percentile over the same. */
    readonly p95: number;
    /** Share of the updates that ended outside δ. */
    readonly shareOutsideDelta: number;
    /** How many that are, and of how many. */
    readonly outsideDelta: number;
    readonly updates: number;
    /** δ of the updates: from the least to the greatest; `eachState` where it bounds each state (`trustRegion.over`). */
    readonly delta: { readonly least: number; readonly greatest: number; readonly eachState?: true };
    /** The largest KL of an update that δ bounds, and the seed of the run that it is of. */
    readonly largest: { readonly value: number; readonly seed: number };
  } | null;
  /** Of KL(π‖π_ref), where it is held near a reference policy and a run completed. */
  readonly drift: {
    /** Mean over seeds of klPolicyReference in the last update. */
    readonly last: number;
    /** Mean over all updates of all seeds. */
    readonly mean: number;
  } | null;
  /** Sums over the seeds. */
  readonly gradientSteps: { readonly planned: number; readonly applied: number };
  /** Word → updates that ended with it, over all seeds. */
  readonly stopReasons: Readonly<Record<string, number>>;
}

/** What became of a test of two configs. */
export interface Judgement {
  /** Adjusted over the family; null for a single seed. */
  readonly pValue: number | null;
  /** `pValue` < 0.05 */
  readonly decided: boolean;
  /** With `--until-decided`: the chance that further seeds decide it, as far as these tell; null where it is decided. */
  readonly chance: number | null;
}

/** Two configs of one environment, by their labels. */
export interface PairReport extends Judgement {
  readonly better: string;
  readonly worse: string;
  /** P(a run of `better` is above one of `worse`), ties half. */
  readonly improvement: Estimate;
  /** IQM of `better` minus IQM of `worse`. */
  readonly difference: Estimate;
  /**
   * Two-sided Mann–Whitney test, adjusted over the family by Holm's method, exact; with `--until-decided` over the looks,
   * too. Null for a single seed.
   */
  readonly pValue: number | null;
  /** Whether `better` is shown to be better: `pValue` < 0.05 and `improvement` above ½. */
  readonly decided: boolean;
  /**
   * Of the final return, with a margin: whether `better` is shown to return less than `worse` by at most the margin, and the
   * other way round, each a one-sided test. Null elsewhere.
   */
  readonly noWorse: { readonly better: Judgement; readonly worse: Judgement } | null;
  /** Null where no seed gave the same run with both. */
  readonly same: SameRuns | null;
}

/** The seeds in which two configs came to the same. */
export interface SameRuns {
  /** run: returns, lengths, KL and entropy of every update are the same; returns: the returns and lengths are. */
  readonly what: 'run' | 'returns';
  readonly seeds: readonly number[];
  /** Of all that completed with either. `improvement` is then ½ and `difference` 0, without spread. */
  readonly isEverySeed: boolean;
}

/** Methods over several worlds, by final returns that are normalised in each. */
export interface AcrossReport {
  /** Of rliable's intervals (`AcrossEstimate.bootstrap`). */
  readonly bootstrap: { readonly confidence: number; readonly resamples: number; readonly seed: number };
  /** The return that is 0 in each world, and that which is 1. */
  readonly worlds: readonly { readonly world: string; readonly untrained: number; readonly best: number }[];
  /** Of the profiles, in normalised returns. */
  readonly thresholds: readonly number[];
  readonly methods: readonly {
    readonly method: string;
    /** Of all runs of all worlds together. */
    readonly iqm: AcrossEstimate;
    readonly mean: AcrossEstimate;
    /** Expected rank among all methods on a world, 1 the best; mean over worlds. */
    readonly rank: AcrossEstimate;
    /** Share of the runs above each threshold. */
    readonly profile: readonly Estimate[];
  }[];
  /** P(a run of `method` is above one of `over` in the same world), mean over worlds. */
  readonly improvements: readonly {
    readonly method: string;
    readonly over: string;
    readonly improvement: AcrossEstimate;
  }[];
}

/** Of several worlds, with the interval that rliable has, which is too narrow with few runs. */
export interface AcrossEstimate extends Estimate {
  /** Stratified percentile bootstrap, runs resampled within their world. Null for a single seed. */
  readonly bootstrap: Omit<Estimate, 'value'> | null;
}

/** Share of runs with a final performance above each threshold. */
export interface PerformanceProfile {
  readonly thresholds: readonly number[];
  readonly configs: readonly {
    readonly label: string;
    readonly share: readonly number[];
    /** Pointwise; null for a single seed. */
    readonly low: readonly number[] | null;
    readonly high: readonly number[] | null;
  }[];
}

/** How each config was brought to the same KL. */
export interface CalibrationReport {
  /** Mean KL(π_old‖π_new) per update asked for, nats; by world where each has its own. */
  readonly target: KlTarget;
  /** Relative: |mean KL − target| ≤ tolerance·target. */
  readonly tolerance: number;
  readonly seeds: readonly number[];
  readonly configs: readonly {
    readonly label: string;
    /** The setting that was moved: `objective.clipRange`. */
    readonly path: string;
    /** What was asked of it, nats. */
    readonly target: number;
    readonly tries: readonly { readonly value: number; readonly klMean: number; readonly seeds: number }[];
    /** The setting the comparison used. */
    readonly value: number;
    readonly klMean: number;
    readonly reached: boolean;
    /** Why it was not reached; null where it was. */
    readonly reason: string | null;
    /** Of one whose learning rate was moved instead: the setting of its own, and why that did not do. Null elsewhere. */
    readonly instead: { readonly path: string; readonly reason: string } | null;
    /** Mean KL of the comparison's own runs; null where none has rows. */
    readonly klMeanCompared: number | null;
  }[];
}

/** The points of a sweep; `configs` of the report are those of the last rung. */
export interface SweepReport {
  readonly method: 'grid' | 'random' | 'halton';
  readonly parameters: readonly { readonly path: string; readonly scale: 'list' | 'linear' | 'log' }[];
  /** How many points the file asks for: of those whose configs are equal the first alone was tried. */
  readonly asked: number;
  /** Every point tried, in the order sampled. */
  readonly points: readonly {
    readonly label: string;
    /** In the order of `parameters`. */
    readonly values: readonly unknown[];
    /**
     * Final performance (IQM over seeds) at the last rung it took part in; null where every run failed or more than
     * a quarter of the others is stuck.
     */
    readonly finalIqm: number | null;
    /** Runs of that rung that completed, those among them that are stuck, and those that failed. */
    readonly completed: number;
    readonly stuck: number;
    readonly failed: number;
    readonly klMean: number | null;
    /** Last rung it took part in, from 1. */
    readonly rung: number;
  }[];
  /** Successive halving: steps and points of each rung; one rung without it. */
  readonly rungs: readonly {
    readonly steps: number;
    readonly labels: readonly string[];
    /** Null where the best `toGoOn`, as many as were to go on, end with no tie. */
    readonly tie: {
      readonly toGoOn: number;
      /** Of the points that tie there. */
      readonly labels: readonly string[];
      /** Whether more than a quarter of the runs of each of them failed or is stuck. */
      readonly failedOrStuck: boolean;
      /** Whether all of them went on, or none. */
      readonly goOn: boolean;
    } | null;
  }[];
  /**
   * Label of the best point of the last rung, a failed run counting as a stuck one; null where more than a quarter
   * of the runs of every point failed or is stuck, and where the points are not all of one environment. Of those that
   * tie the first by name.
   */
  readonly best: string | null;
  /** Why there is none, in words; null where there is one. */
  readonly withoutBest: string | null;
  /** Labels of the points that tie with it. */
  readonly tiedWithBest: readonly string[];
}

/** The rows of one run, for the curves of a report. */
export interface ReportRun {
  readonly label: string;
  readonly seed: number;
  readonly rows: readonly ReportRow[];
}

/** One config with its runs as they are on disk. */
export interface ReportInput {
  readonly label: string;
  /** Of a study with worlds: which of its configs this is, and in which world. */
  readonly method?: string | undefined;
  readonly world?: string | undefined;
  /** Of what another experiment made: its place there. */
  readonly place?: number | undefined;
  /** Of the first seed. */
  readonly config: Config;
  readonly module?: ConfigReport['module'];
  readonly bestReturn: { readonly value: number; readonly how: string } | null;
  /** What the return of an episode can be; infinite where that is not known. */
  readonly returnBounds: { readonly least: number; readonly greatest: number };
  /** One per seed, in the order of the seeds; `rows` are used where `status` is completed. */
  readonly runs: readonly (ConfigReport['runs'][number] & { readonly rows: readonly ReportRow[] })[];
}

/** A knob that was turned, before the comparison. */
export type Calibrated = Omit<CalibrationReport['configs'][number], 'klMeanCompared'>;
