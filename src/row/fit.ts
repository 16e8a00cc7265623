import { field, type RowOf } from './field.ts';

/** Every column of the `metrics.jsonl` of `leash fit`, in order. */
export const fitFields = [
  field('update', 'count', 'Number of the epoch, from 1: the name that rows of any run go by.'),
  field('gradientSteps', 'count', 'Gradient steps taken so far.'),
  field(
    'crossEntropy',
    'nats',
    'H(P,Q), weighted mean over the examples, after the epoch: what is minimised.',
    { label: 'H(P,Q)' },
  ),
  field(
    'entropyOfTarget',
    'nats',
    'H(P), likewise: the same in every row, the least crossEntropy can become where equal inputs have equal targets.',
    { label: 'H(P)' },
  ),
  field('kl', 'nats', 'KL(P‖Q), likewise, summed by itself: crossEntropy − entropyOfTarget.', {
    label: 'KL(P‖Q)',
  }),
  field('accuracy', 'share', 'Probability under P of the class that Q holds likeliest, likewise.'),
  field('learningRate', '1', 'Adam’s step size.', { label: 'learning rate' }),
  field(
    'gradientNorm',
    '1',
    'L2 norm of the gradient before clipping, mean over the epoch’s gradient steps.',
    { label: 'gradient norm' },
  ),
] as const;

/** One row of `metrics.jsonl` of a fit. */
export interface FitRow extends RowOf<typeof fitFields> {}
