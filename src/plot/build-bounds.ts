import { align } from './align.ts';
import { curve } from './build-curve.ts';
import type { Bound } from './figure.ts';
import type { FigureOptions } from './figure-options.ts';
import { entriesIn } from './partial-rows.ts';
import type { PlottedRun } from './plotted-run.ts';

/** δ of every run, the same ones once: a line for all the groups that have it. @param groups runs of each */
export function boundsOf(groups: readonly (readonly PlottedRun[])[], options: FigureOptions): Bound[] {
  const courses: Course[] = [];
  groups.forEach((runs, g) => {
    for (const run of runs) {
      if (!run.columns.has('delta')) continue;
      const { x, values } = align([run], 'delta', options.abscissa);
      if (values.length === 0) continue;
      const own: Course = { groups: [g], x, y: entriesIn(values[0], undefined) };
      const at = courses.findIndex((each) => isSameCourse(each, own));
      if (at < 0) courses.push(own);
      else {
        // Of runs of different lengths the longest shows where δ goes.
        const { x, y } =
          own.x[own.x.length - 1] > courses[at].x[courses[at].x.length - 1] ? own : courses[at];
        courses[at] = { x, y, groups: [...new Set([...courses[at].groups, g])] };
      }
    }
  });
  return courses.map(({ groups: of, x, y: row }) => {
    const { x: kept, y } = curve(x, row, options);
    const isConstant = y.every((value) => value === null || value === y[0]);
    return isConstant
      ? { groups: of, x: [kept[0], kept[kept.length - 1]], y: [y[0], y[0]] }
      : { groups: of, x: kept, y };
  });
}

/** δ of a run, or of several that have the same, at every update. */
interface Course {
  readonly groups: readonly number[];
  readonly x: Float64Array;
  readonly y: readonly (number | null)[];
}

/** Constant at the same value, or the same as far as both go. */
function isSameCourse(a: Course, b: Course): boolean {
  const [one, other] = [constantOf(a), constantOf(b)];
  if (one !== undefined || other !== undefined) return one === other;
  return a.y.every((value, i) => i >= b.y.length || (value === b.y[i] && a.x[i] === b.x[i]));
}

function constantOf({ y }: Course): number | undefined {
  const known = y.filter((value) => Number.isFinite(value)) as number[];
  return known.every((value) => value === known[0]) ? known[0] : undefined;
}
