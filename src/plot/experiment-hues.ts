import { basename, dirname } from 'node:path';
import { readOrder } from '../run/experiment-order.ts';
import type { RunGroup } from './group-runs.ts';

/**
 * Groups of configs of one experiment, in its order and in its colours, as its report has them; of others as they are.
 */
export function inExperimentOrder(groups: readonly RunGroup[]): readonly RunGroup[] {
  const folders = groups.map(({ runs }) => new Set(runs.map(({ path }) => dirname(path))));
  const experiments = new Set(folders.flatMap((each) => [...each].map((folder) => dirname(folder))));
  const [experiment] = experiments;
  if (experiments.size !== 1 || folders.some(({ size }) => size !== 1)) return groups;
  const order = readOrder(experiment);
  const hued = groups.map((group, g) => ({ ...group, hue: order.indexOf(basename([...folders[g]][0])) }));
  // What has no place, or the place of another, would be taken for it.
  const isClear = new Set(hued.map(({ hue }) => hue)).size === groups.length;
  if (!isClear || hued.some(({ hue }) => hue < 0)) return groups;
  return hued.sort((a, b) => a.hue - b.hue);
}
