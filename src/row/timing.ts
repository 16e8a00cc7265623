import { field, type RowOf } from './field.ts';

/** Every column of `timing.jsonl`, in order: of the clock, unlike all others. */
export const timingFields = [
  field('update', 'count', 'Number of the update, from 1.'),
  field('seconds', 'seconds', 'Since the start of training.'),
  field('stepsPerSecond', 'steps/s', 'Environment steps of the update by its seconds.'),
] as const;

/** The wall-clock figures of an update. */
export interface Timing extends RowOf<typeof timingFields> {}
