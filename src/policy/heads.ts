import type { CreateTile } from '../elementary/tile.ts';
import { categoricalHead } from './categorical.ts';
import { diagonalGaussianHead } from './diagonal-gaussian.ts';
import type { Head, HeadKind, HeadShape } from './head.ts';
import { multiBinaryHead } from './multi-binary.ts';
import { multiDiscreteHead } from './multi-discrete.ts';
import { squashedGaussianHead } from './squashed-gaussian.ts';

/** What is to be known of a kind of head without one at hand. */
export interface HeadDefinition {
  /** @param sizes see `HeadShape` @param create what computes exp and log1p of many numbers */
  create(sizes: readonly number[], create?: CreateTile): Head;
  /** Whether it has log standard deviations behind its means. */
  readonly isGaussian: boolean;
  /** What the last layer's outputs are called in the files of other tools. */
  readonly outputs: string;
}

export const heads: Readonly<Record<HeadKind, HeadDefinition>> = {
  categorical: { create: ([n], create) => categoricalHead(n, create), isGaussian: false, outputs: 'logits' },
  diagonalGaussian: { create: ([a]) => diagonalGaussianHead(a), isGaussian: true, outputs: 'mean' },
  squashedGaussian: { create: ([a]) => squashedGaussianHead(a), isGaussian: true, outputs: 'mean' },
  multiDiscrete: { create: multiDiscreteHead, isGaussian: false, outputs: 'logits' },
  multiBinary: { create: ([n]) => multiBinaryHead(n), isGaussian: false, outputs: 'logits' },
};

/** @param create what computes exp and log1p of many numbers */
export function createHead({ kind, sizes }: HeadShape, create?: CreateTile): Head {
  return heads[kind].create(sizes, create);
}
