import type { CreateTile } from '../elementary/tile.ts';
import { categoricalHead } from './categorical.ts';
import { diagonalGaussianHead } from './diagonal-gaussian.ts';
import type { Head, HeadKind } from './head.ts';

/** What is to be known of a kind of head without one at hand. */
export interface HeadDefinition {
  /** @param size n actions, or A dimensions @param create what computes exp and log1p of many numbers */
  create(size: number, create?: CreateTile): Head;
  /** State-independent outputs (log standard deviations) beside so many of the last layer. */
  constants(outputs: number): number;
  /** What the last layer's outputs are called in the files of other tools. */
  readonly outputs: string;
}

export const heads: Readonly<Record<HeadKind, HeadDefinition>> = {
  categorical: { create: categoricalHead, constants: () => 0, outputs: 'logits' },
  diagonalGaussian: { create: diagonalGaussianHead, constants: (outputs) => outputs, outputs: 'mean' },
};
