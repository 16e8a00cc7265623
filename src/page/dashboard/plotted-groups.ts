import { type Abscissa, align } from '../../plot/align.ts';
import type { RunGroup } from '../../plot/group-runs.ts';
import { CURVE, type PlottedRun } from '../../plot/plotted-run.ts';
import { asPlotted, type Group } from './groups.ts';
import type { Near, Store } from './store.ts';

/** Groups with the rows that are here, as plots take them. */
export function plottedGroups(groups: readonly Group[], store: Store): RunGroup[] {
  return groups.map(({ label, hue, runs }) => ({
    ...{ label, hue },
    version: runs.map((run) => `${run.id} ${run.status} ${store.versionOf(run)}`).join(),
    runs: runs.flatMap((run) => asPlotted(run, store.rowsOf(run)) ?? []),
  }));
}

/** The same with all rows, those of long runs asked for. @throws Error in one line */
export async function wholeGroups(groups: readonly RunGroup[], store: Store): Promise<RunGroup[]> {
  const wholeOf = async (run: PlottedRun): Promise<PlottedRun> => {
    const told = store.runs.get(run.path);
    if (run.weights === undefined || told === undefined) return run;
    const names = [...run.columns.keys()].filter((name) => name !== CURVE);
    return asPlotted(told, await store.whole(told, names)) ?? run;
  };
  const whole: RunGroup[] = [];
  for (const group of groups) {
    const runs: PlottedRun[] = [];
    // One after the other: the server has other pages.
    for (const run of group.runs) runs.push(await wholeOf(run));
    whole.push({ ...group, runs });
  }
  return whole;
}

/** The part of each run that is looked at closely, and an update more at both ends. @param focus from where to where on the axis */
export function nearOf(
  groups: readonly RunGroup[],
  abscissa: Abscissa,
  focus: readonly [number, number],
): Near[] {
  return groups.flatMap(({ runs }) => {
    const long = runs.filter(({ weights }) => weights !== undefined);
    if (long.length === 0) return [];
    const { updates, x } = align(runs, 'update', abscissa);
    const first = Math.max(
      0,
      x.findLastIndex((each) => each <= focus[0]),
    );
    const after = x.findIndex((each) => each >= focus[1]);
    const last = after < 0 ? x.length - 1 : after;
    return long.map(({ path }): Near => ({ id: path, updates: [updates[first], updates[last]] }));
  });
}
