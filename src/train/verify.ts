import { encodeJson } from '../row/json.ts';
import { type AnyRow, encodeRow } from '../row/encode.ts';
import { encodePolicy, type Origin, parameterBytes } from '../run/policy-file.ts';
import type { BestEvaluation, RunRecord } from '../run/record.ts';
import { updateFile } from '../run/run-files.ts';
import { Totals } from '../run/totals.ts';
import type { PeriodicEvaluation } from './periodic-evaluation.ts';
import { cellsOfRecord, hasEnded, type Known, recordAgain } from './record-again.ts';
import type { Training } from './training.ts';
import type { Watch } from './watch.ts';

/** Where a run made again is another for the first time. */
export interface Difference {
  /** Which of its files: `metrics.jsonl`, `snapshots/update-50.safetensors`. */
  readonly file: string;
  readonly update: number;
  /** Of the ledger. */
  readonly gradientStep?: number | undefined;
  /** Column, path in the record; `sha256` of a policy's file. */
  readonly field: string;
  /** As it stands there, and as it is now; undefined: nothing. */
  readonly there: string | undefined;
  readonly again: string | undefined;
}

/** What a run has on disk. */
export interface WrittenRun {
  /** That it must have made by what is there, its record's count aside. */
  readonly updates: number;
  /** Updates before its first row: 0, or those of the run that it branched off. */
  readonly begun: number;
  /** Lines of `metrics.jsonl`, from its first update on, and of the others, where there are any. */
  readonly rows: readonly string[];
  readonly ledger?: readonly string[] | undefined;
  readonly evaluations?: readonly string[] | undefined;
  /** SHA-256 of the bytes of a policy's file; undefined where it is not there. */
  readonly policySha256: (file: string) => string | undefined;
  /** What a snapshot's file says that it is of: written so again. Undefined where it says nothing, or is not there. */
  readonly originOf: (file: string) => Origin | undefined;
  readonly record: RunRecord;
}

/** What makes the run again. */
export interface Again {
  /** As it is after the update before the first that is made. */
  readonly training: Training;
  readonly stepsPerUpdate: number;
  readonly watch: Watch;
  readonly known: Known;
  /** Where the config asks for evaluations. */
  readonly evaluation?: PeriodicEvaluation | undefined;
  /** The best one before. */
  readonly best?: BestEvaluation | undefined;
  /** In hexadecimal. */
  readonly sha256: (bytes: Uint8Array) => string;
}

/**
 * Makes the updates after `from` again and holds against those of the run: rows, ledger and evaluations, snapshots and the
 * policies of the end and of the best evaluation, its record.
 * @param until the last update to make
 * @returns undefined where all is the same, byte for byte
 * @throws NonFiniteError where the run failed
 */
export function firstDifference(
  { training, stepsPerUpdate, watch, known, evaluation, best, sha256 }: Again,
  written: WrittenRun,
  from: number,
  until: number,
): Difference | undefined {
  const { begun, record, policySha256, originOf } = written;
  const ended = hasEnded(record);
  const isWhole = from === begun;
  const linesOf = (file: string, lines: readonly string[]): Lines =>
    new Lines(file, isWhole ? lines : linesAfter(lines, from));
  const rows = linesOf('metrics.jsonl', written.rows);
  const ledger = written.ledger && linesOf('ledger.jsonl', written.ledger);
  const evaluations = linesOf('evaluations.jsonl', written.evaluations ?? []);
  const totals = new Totals(training.updates, { updates: from, steps: from * stepsPerUpdate });
  let bestPolicy: Uint8Array | undefined;
  const another = (file: string, update: number, policy: () => Uint8Array): Difference | undefined => {
    const there = policySha256(file);
    const again = there && sha256(policy());
    return there === again ? undefined : { file, update, field: 'sha256', there, again };
  };

  const evaluated = (update: number, steps: number): Difference | undefined => {
    // A run that was killed may have no evaluation of its last update yet.
    const isMissing = !ended && update === written.updates && evaluations.isAtEnd;
    if (!evaluation?.isDue(update) || isMissing) return undefined;
    const stored = training.stored();
    const row = evaluation.play(update, steps, stored);
    if (row.best) {
      const { episodes, returnMean } = row;
      best = { update, steps, episodes, returnMean, parametersSha256: sha256(parameterBytes(stored)) };
      bestPolicy = encodePolicy(stored);
    }
    return evaluations.another(update, row);
  };

  for (let update = from + 1; update <= until; update++) {
    const row = training.update();
    totals.add(row);
    watch.after(row, training.policyHealth());
    let found = rows.another(update, row);
    for (const step of training.drainLedger()) {
      found ??= ledger?.another(update, step, step.gradientStep);
    }
    found ??= evaluated(update, row.steps);
    const file = `snapshots/${updateFile(update)}`;
    found ??= another(file, update, () => {
      const origin = originOf(file);
      return encodePolicy(training.stored(), origin && { ...origin, update });
    });
    if (found) return found;
  }
  if (until !== written.updates) return undefined;
  const bestOfRun = bestPolicy;
  const { updates, steps, episodes } = totals.counts();
  const parametersSha256 = sha256(parameterBytes(training.stored()));
  const recordMade = recordAgain(record, known, {
    ...{ updates, steps, best, warnings: watch.warnings, parametersSha256 },
    // From a checkpoint on it is not known what was before.
    ...(isWhole && { episodes, final: totals.final() }),
  });
  const cell = differentCell(cellsOfRecord(record), cellsOfRecord(recordMade));
  const inRecord = cell && { file: 'run.json', update: until, ...cell };
  if (!ended) return rows.beyond(until) ?? inRecord;
  return (
    rows.beyond(until) ??
    ledger?.beyond(until) ??
    evaluations.beyond(until) ??
    inRecord ??
    another('policy.safetensors', until, () => encodePolicy(training.stored())) ??
    (bestOfRun && another('policy-best.safetensors', until, () => bestOfRun))
  );
}

function linesAfter(lines: readonly string[], update: number): readonly string[] {
  const at = lines.findIndex((line) => Number(cellsOf(line)?.update) > update);
  return at < 0 ? [] : lines.slice(at);
}

/** Lines of a file, one after the other as they are made again. */
class Lines {
  private at = 0;
  private readonly file: string;
  private readonly lines: readonly string[];

  constructor(file: string, lines: readonly string[]) {
    this.file = file;
    this.lines = lines;
  }

  get isAtEnd(): boolean {
    return this.at >= this.lines.length;
  }

  /** How the next line is another than this row. */
  another(update: number, row: AnyRow, gradientStep?: number): Difference | undefined {
    const different = differentRow(this.lines[this.at++], encodeRow(row));
    return different && { file: this.file, update, gradientStep, ...different };
  }

  /** What stands after all that was made. */
  beyond(update: number): Difference | undefined {
    const there = this.lines[this.at];
    return there === undefined
      ? undefined
      : { file: this.file, update, field: 'row', there, again: undefined };
  }
}

type DifferentCell = Pick<Difference, 'field' | 'there' | 'again'>;
type Cells = Readonly<Record<string, unknown>>;

/** The first column in which two lines differ; undefined where they are the same text. */
function differentRow(there: string | undefined, again: string): DifferentCell | undefined {
  if (there === again) return undefined;
  const written = there === undefined ? undefined : cellsOf(there);
  return (written && differentCell(written, cellsOf(again) ?? {})) ?? { field: 'row', there, again };
}

function differentCell(written: Cells, made: Cells): DifferentCell | undefined {
  const names = [...new Set([...Object.keys(written), ...Object.keys(made)])];
  const field = names.find((name) => encodeJson(written[name]) !== encodeJson(made[name]));
  return field === undefined
    ? undefined
    : { field, there: textOf(written[field]), again: textOf(made[field]) };
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : encodeJson(value);
}

/** A line's cells; undefined where it is no row. */
function cellsOf(line: string): Cells | undefined {
  try {
    const cells: unknown = JSON.parse(line);
    return typeof cells === 'object' && cells !== null ? (cells as Cells) : undefined;
  } catch {
    return undefined;
  }
}
