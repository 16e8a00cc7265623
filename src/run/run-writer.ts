import type { EvaluationRow } from '../row/evaluation.ts';
import type { FitRow } from '../row/fit.ts';
import type { LedgerRow } from '../row/ledger.ts';
import type { MetricsRow } from '../row/metrics.ts';
import type { RunLabels } from './labels.ts';
import type { Parent, RecordOfRun } from './record.ts';
import type { Timing } from '../row/timing.ts';

/** A run being written. Everything is on disk when a call returns. */
export interface RunWriter {
  readonly path: string;
  readonly name: string;
  readonly seed: number;
  /** What its record says of it besides. */
  readonly labels: RunLabels;
  /** Where it begins, if it is a branch. */
  readonly parent: Parent | undefined;
  readonly log: RunLog;
  appendRow(row: MetricsRow | FitRow): void;
  /** Only where the config asks for a ledger. */
  appendLedger(rows: readonly LedgerRow[]): void;
  /** Only where the config asks for evaluations. */
  appendEvaluation(row: EvaluationRow): void;
  appendTiming(timing: Timing): void;
  writeRecord(record: RecordOfRun): void;
  writePolicy(bytes: Uint8Array): void;
  /** The policy that it is held near. */
  writeReference(bytes: Uint8Array): void;
  /** What a fit came to. */
  writeModel(bytes: Uint8Array): void;
  /** What a fit to preferences came to. */
  writeRewardModel(text: string): void;
  /**
   * The policy of the best evaluation so far.
   * @param keepsEarlier whether the one before stays beside it: a longer run has no evaluation here
   */
  writeBestPolicy(bytes: Uint8Array, keepsEarlier: boolean): void;
  /** Bytes of each file of rows, by its name. */
  sizes(): Record<string, number>;
  /** SHA-256 of each, but for that of the clock: nothing depends on it. */
  hashes(): Record<string, string>;
  /**
   * Makes durable what was written so far, then this, which goes on from there.
   * @param keep how many of the newest stay
   * @returns why the disk refused it; undefined: it is there, whatever happens to the machine
   */
  writeCheckpoint(update: number, bytes: Uint8Array, keep: number | 'all'): string | undefined;
  /** The policy after an update. */
  writeSnapshot(update: number, bytes: Uint8Array): void;
  close(): void;
  /** Takes the folder away again: training could not even start. */
  discard(): void;
}

/** Where a run says what happens, apart from its rows. */
export interface RunLog {
  info(figures: object, message: string): void;
  warn(message: string): void;
  error(figures: object, message: string): void;
}
