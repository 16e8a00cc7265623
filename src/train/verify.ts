import { encodeRow } from '../row/encode.ts';
import type { LedgerRow } from '../row/ledger.ts';
import { parameterBytes } from '../run/policy-file.ts';
import type { Training } from './training.ts';

/** Where a run made again is another for the first time. */
export interface Difference {
  /** Which of its files. */
  readonly file: 'metrics.jsonl' | 'ledger.jsonl' | 'run.json';
  readonly update: number;
  /** Of the ledger. */
  readonly gradientStep?: number | undefined;
  /** Column; `parametersSha256` of the parameters. */
  readonly field: string;
  /** As it stands there, and as it is now; undefined: nothing. */
  readonly there: string | undefined;
  readonly again: string | undefined;
}

/** What a run has on disk. */
export interface WrittenRun {
  /** That it has made. */
  readonly updates: number;
  /** The update that its first row comes after: 0, or where it branched off another. */
  readonly begun: number;
  /** Lines of `metrics.jsonl`, from its first update on, and of `ledger.jsonl`, where there is one. */
  readonly rows: readonly string[];
  readonly ledger: readonly string[] | undefined;
  /** Of the parameters after the last of its updates, where it is known. */
  readonly parametersSha256: string | undefined;
}

/**
 * Makes the updates after `from` again and holds their rows, ledger and last parameters against those of the run.
 * @param training as it is after update `from`
 * @param until the last update to make
 * @param sha256 in hexadecimal
 * @returns undefined where all is the same, byte for byte
 * @throws NonFiniteError where the run failed
 */
export function firstDifference(
  training: Training,
  { updates, begun, rows, ledger, parametersSha256 }: WrittenRun,
  from: number,
  until: number,
  sha256: (bytes: Uint8Array) => string,
): Difference | undefined {
  const steps = ledger && ledgerFrom(ledger, from);
  let step = 0;
  for (let update = from + 1; update <= until; update++) {
    const row = encodeRow(training.update());
    const again: readonly LedgerRow[] = training.drainLedger();
    const different = differentField(rows[update - 1 - begun], row);
    if (different) return { file: 'metrics.jsonl', update, ...different };
    if (steps === undefined) continue;
    for (const made of again) {
      const other = differentField(steps[step++], encodeRow(made));
      if (other) return { file: 'ledger.jsonl', update, gradientStep: made.gradientStep, ...other };
    }
  }
  if (parametersSha256 === undefined || until !== updates) return undefined;
  const again = sha256(parameterBytes(training.stored()));
  if (again === parametersSha256) return undefined;
  return { file: 'run.json', update: until, field: 'parametersSha256', there: parametersSha256, again };
}

/** The rows of the updates after that one. */
function ledgerFrom(ledger: readonly string[], from: number): readonly string[] {
  const at = ledger.findIndex((line) => Number(cellsOf(line)?.update) > from);
  return at < 0 ? [] : ledger.slice(at);
}

/** The first column in which two lines differ; undefined where they are the same text. */
function differentField(
  there: string | undefined,
  again: string,
): Pick<Difference, 'field' | 'there' | 'again'> | undefined {
  if (there === again) return undefined;
  const made = cellsOf(again) ?? {};
  const written = there === undefined ? undefined : cellsOf(there);
  if (written === undefined) return { field: 'row', there, again };
  const names = [...new Set([...Object.keys(written), ...Object.keys(made)])];
  const text = (value: unknown): string | undefined => JSON.stringify(value);
  const field = names.find((name) => text(written[name]) !== text(made[name]));
  if (field === undefined) return { field: 'row', there, again };
  return { field, there: text(written[field]), again: text(made[field]) };
}

/** A line's cells; undefined where it is no row. */
function cellsOf(line: string): Record<string, unknown> | undefined {
  try {
    const cells: unknown = JSON.parse(line);
    return typeof cells === 'object' && cells !== null ? (cells as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
