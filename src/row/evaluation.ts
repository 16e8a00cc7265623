import { field, type RowOf } from './field.ts';

/** Every column of `evaluations.jsonl`, in order. Returns are undiscounted and raw. */
export const evaluationFields = [
  field('update', 'count', 'Number of the update after which the policy was evaluated.'),
  field('steps', 'environment steps', 'Steps of training by then; those of evaluations do not count.'),
  field('episodes', 'count', 'Episodes played, M.'),
  field('returnMean', 'reward', 'Mean R̄ = Σ Rᵢ / M of their returns.'),
  field('returnStd', 'reward', 'Sample standard deviation √(Σ (Rᵢ − R̄)² / (M − 1)).', {
    nullWhen: 'of one episode',
  }),
  field('returnMin', 'reward', 'Least of the returns.'),
  field('returnMax', 'reward', 'Greatest of the returns.'),
  field('lengthMean', 'environment steps', 'Mean length of the episodes.'),
  field('best', 'true or false', 'Whether the mean is greater than that of every evaluation before.'),
] as const;

/** A policy evaluated in the course of its training, as `evaluations.jsonl` has it. */
export interface EvaluationRow extends RowOf<typeof evaluationFields> {}
