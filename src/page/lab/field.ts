import type { Grid } from '../../plot/contours.ts';
import { COLUMNS, placeOf, ROWS } from './map.ts';
import type { Microscope, Point } from './two-parameters.ts';

/** Milliseconds of a frame that a field may take: more would be felt. */
const SLICE = 8;

/** A field over the whole plane, some of it a frame. @param done is told it @returns gives it up */
export function fieldInSlices(
  world: Microscope,
  f: (at: Point) => number,
  done: (grid: Grid) => void,
): () => void {
  const values = new Float64Array(COLUMNS * ROWS);
  let at = 0;
  let frame = 0;
  const slice = (): void => {
    const end = performance.now() + SLICE;
    while (at < values.length && performance.now() < end)
      for (const row = Math.floor(at / COLUMNS); at < (row + 1) * COLUMNS; at++)
        values[at] = f(placeOf(world, at % COLUMNS, row));
    if (at === values.length) done({ columns: COLUMNS, rows: ROWS, values });
    else frame = requestAnimationFrame(slice);
  };
  frame = requestAnimationFrame(slice);
  return () => cancelAnimationFrame(frame);
}
