import { defineWrapper } from './definition.ts';

/** An episode is cut after so many steps of what stands inside, where nothing cuts it before. */
export const timeLimit = defineWrapper({
  kind: 'timeLimit',
  meaning:
    'cuts an episode after `steps` steps of what stands before it in the list (truncated, not terminated)',
  source: 'Gymnasium 1.3, TimeLimit',
  settings: ['steps'],
  keeps: { bestReturn: false, returnBounds: false },
  changesObservations: false,
  timeLimit: (limit, { steps }) => Math.min(limit ?? steps, steps),
});
