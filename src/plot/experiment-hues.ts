import { basename, dirname } from 'node:path';
import { experimentAround, readPlaces } from '../run/experiment-order.ts';
import type { RunGroup } from './group-runs.ts';

/**
 * Groups in the colours that the reports of their experiments have them in, whatever is shown beside them; those of one
 * experiment in its order, too.
 */
export function inExperimentColors(groups: readonly RunGroup[]): readonly RunGroup[] {
  const places = new Map<string, ReadonlyMap<string, number>>();
  const hued = groups.map((group) => {
    const [{ path }] = group.runs;
    const isOfOneFolder = group.runs.every((run) => dirname(run.path) === dirname(path));
    if (!isOfOneFolder) return group;
    const experiment = experimentAround(path);
    if (!places.has(experiment)) places.set(experiment, readPlaces(experiment));
    return { ...group, hue: places.get(experiment)?.get(basename(dirname(path))) };
  });
  const isOfOne = places.size === 1 && hued.every(({ hue }) => hue !== undefined);
  return isOfOne ? hued.sort((a, b) => Number(a.hue) - Number(b.hue)) : hued;
}
