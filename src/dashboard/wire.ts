import type { Config } from '../config/schema.ts';
import type { MetricValue } from '../row/field.ts';
import type { LedgerRow } from '../row/ledger.ts';
import type { StopSummary } from '../trust-region/counterfactual.ts';
import type { FileHashes } from '../run/differing-files.ts';
import type { Parent, RunFinal, RunStanding, Warning } from '../run/record.ts';

/*
 * What the server of a dashboard tells its pages, as JSON. NaN and ±Infinity are words, as in a run's files.
 */

/** What a run is, and how it stands. */
export interface ToldRun {
  /** Its folder from the folder of runs on, with slashes: what a page names it by. */
  readonly id: string;
  readonly name: string;
  readonly seed: number;
  readonly status: RunStanding;
  /** Null where `config.json` is missing or damaged. */
  readonly config: Config | null;
  readonly updatesPlanned: number | null;
  readonly startedAt: string | null;
  readonly tags: readonly string[];
  readonly note: string | null;
  /** Of its config in the experiment that it is of, which is its colour in every picture; null where it is of none. */
  readonly place: number | null;
  readonly parent: Parent | null;
  /** Of the files that it was made with; null where its config or record is missing. */
  readonly files: FileHashes | null;
  readonly warnings: readonly Warning[];
  /** What stopped a failed one. */
  readonly failure: string | null;
  /** What is damaged, one line each. */
  readonly problems: readonly string[];
  /** Another one each time its rows begin anew: those known before are no more. */
  readonly generation: number;
  /** Rows that are there. */
  readonly rows: number;
  /**
   * Of these rows; null of a fit. Of a run that has not completed the last tenth is that of the updates it made.
   */
  readonly figures: RunFinal | null;
  /** Cells of the last row. */
  readonly latest: Readonly<Record<string, MetricValue>>;
  /** Whether it has a ledger, policies of updates or of its end. */
  readonly has: { readonly ledger: boolean; readonly policies: boolean };
}

/** The column of seconds since the start of training: null where the clock was not kept, or has not told yet. */
export const SECONDS = 'timing.seconds';

/** Rows of a run that are sent as they are, and about as many as are sent of more: see `thin`. */
export const MOST_ROWS = 4096;

/** Runs whose rows one request may ask for: others have their turn. */
export const MOST_RUNS = 25;

/** A choice of a run's rows. */
export interface Thinned {
  /** Which they are, ascending. */
  readonly rows: readonly number[];
  /** For how many of the run's rows each of them stands, itself among them. */
  readonly weights: readonly number[];
  /** From the first of all rows on each stretch of so many is thinned, and stood for, by itself. */
  readonly stretch: number;
}

/** Rows of a run, column by column; those that are here already may come again, with seconds. */
export interface ToldRows {
  readonly id: string;
  readonly generation: number;
  /** Rows before these. */
  readonly from: number;
  readonly count: number;
  /** Where not all of them are here: which are. */
  readonly thinned?: Thinned;
  readonly columns: Readonly<Record<string, readonly MetricValue[]>>;
}

/** All that there is, as a page begins with it: changes after `sequence` come on top. */
export interface Everything {
  /** Another one each time the server is started. */
  readonly boot: string;
  readonly sequence: number;
  /** The folder of runs. */
  readonly root: string;
  readonly version: string;
  readonly runs: readonly ToldRun[];
  readonly problems: readonly string[];
}

/** What a look found to be otherwise than before. */
export interface Change {
  readonly sequence: number;
  readonly runs: readonly ToldRun[];
  readonly rows: readonly ToldRows[];
  /** Runs that are there no more. */
  readonly gone: readonly string[];
  readonly problems: readonly string[];
}

/** The kinds of events. */
export type Told =
  | { readonly kind: 'change'; readonly change: Change }
  /** What came meanwhile is not known any more: ask for everything. */
  | { readonly kind: 'anew' }
  /** The connection was lost, and is looked for; and it is there again, with what came meanwhile. */
  | { readonly kind: 'lost' }
  | { readonly kind: 'found' };

/** A policy of a run, and what it does in every state where it is of a table. */
export interface ToldPolicy {
  /** Updates of which there are policies, ascending. */
  readonly updates: readonly number[];
  readonly update: number;
  /** Undefined: no table that can be shown whole. */
  readonly table?: ToldTable;
  /** Whether its environment can be drawn. */
  readonly isDrawn: boolean;
}

/** A policy over all states of a table. */
export interface ToldTable {
  /** What each action is called. */
  readonly actions: readonly string[];
  /** Of a gridworld: state = row·columns + column, a letter each. */
  readonly grid: {
    readonly rows: number;
    readonly columns: number;
    readonly cells: readonly string[];
  } | null;
  /** [states], each [actions]: π(a|s). */
  readonly probabilities: readonly (readonly number[])[];
  /** [states] V(s) of the value network, where there is one. */
  readonly values: readonly number[] | null;
  /** The update of the policy before this one; null: there is none. */
  readonly before: number | null;
  /** [states] KL(π_before‖π), nats. */
  readonly kl: readonly number[] | null;
  /** [states] expected visits in an episode within the time limit, exact; null without a limit. */
  readonly visits: readonly number[] | null;
  /** [states] whether something is ever chosen there. */
  readonly chooses: readonly boolean[];
}

/** The gradient steps of an update. */
export interface ToldLedger {
  readonly rows: readonly LedgerRow[];
  /** Of all updates that are there. */
  readonly summary: readonly StopSummary[];
  /** Whether the run's own rule ended its updates. */
  readonly cut: boolean;
}

/** What the figures of selected runs support. */
export interface ToldVerdict {
  readonly sentences: readonly string[];
  /** What says the same on a command line. */
  readonly command: string;
}
