import { leashView } from './leash-view.ts';
import { objectivesView } from './objectives-view.ts';
import { playgroundView } from './playground-view.ts';
import { policyView } from './policy-view.ts';
import { trainView } from './train-view.ts';
import { twoParametersView } from './two-parameters-view.ts';
import type { LabView } from './view.ts';

/** All of the laboratory, in the order of its tabs; `view.ts` says how to add one. */
export const views: readonly LabView[] = [
  trainView,
  leashView,
  playgroundView,
  objectivesView,
  twoParametersView,
  policyView,
];
