import type { ReportRow } from '../row/report-row.ts';

/** Of the largest |episode return| of a comparison: what two ways of averaging the same returns can differ by. */
const TOLERANCE = 1e-9;

/**
 * The difference below which performances of these runs are equal: 1e-9 of the largest |episode return| in them. Two
 * configs that collect the same returns in rollouts of other lengths average them in another order, and would differ
 * by 1e-16 in every seed.
 */
export function tieTolerance(runs: readonly (readonly ReportRow[])[]): number {
  let largest = 0;
  for (const rows of runs) {
    for (const { returnMin, returnMax } of rows) {
      largest = Math.max(largest, Math.abs(returnMin ?? 0), Math.abs(returnMax ?? 0));
    }
  }
  return TOLERANCE * largest;
}

/**
 * Groups are formed once, after sorting: a value that exceeds the one before it by less than the tolerance belongs
 * to the same group, and every member stands for the group's least. What compares the results compares exactly.
 * @returns of each value, the least of its group; of any other value, itself
 */
export function tieValues(values: readonly number[], tolerance: number): (value: number) => number {
  const sorted = Float64Array.from(values).sort();
  const least = new Map<number, number>();
  sorted.forEach((value, i) => {
    const before = sorted[i - 1];
    const isTied = i > 0 && value - before < tolerance;
    least.set(value, isTied ? (least.get(before) as number) : value);
  });
  return (value) => least.get(value) ?? value;
}
