import type { Removal } from '../../experiment/removal.ts';
import { counted } from '../../elementary/thousands.ts';
import { size } from './quantities.ts';

/** 1 experiment, 20 runs, 3.1 MB */
export function describeRemoval({ runs, experiments, bytes }: Removal): string {
  const parts = [
    ...(experiments.length > 0 ? [counted(experiments.length, 'experiment')] : []),
    counted(runs.length, 'run'),
    size(bytes),
  ];
  return parts.join(', ');
}

/** A line for each thing that goes, or stays. */
export function removalLines({ runs, experiments, strangers }: Removal): string[] {
  return [
    ...experiments.map((path) => `${path} (experiment)`),
    ...runs,
    ...strangers.map((path) => `${path} stays: it is not leash's`),
  ];
}
