import { probabilityOfImprovement, type Scores } from './scores.ts';

/**
 * Of each of several sets its expected rank among them, 1 the best, when a run of each is drawn on the same task, ties
 * half; mean over tasks: 1 + Σ P(another > own). What rliable's get_rank_matrix comes to with ever more draws.
 * @returns one function a set, as `bootstrapIntervals` takes them
 */
export function meanRanks(count: number): ((...sets: Scores[]) => number)[] {
  return Array.from(
    { length: count },
    (_, own) =>
      (...sets: Scores[]) =>
        sets.reduce(
          (rank, other, i) => (i === own ? rank : rank + probabilityOfImprovement(other, sets[own])),
          1,
        ),
  );
}
