import type { CreateTile } from '../elementary/tile.ts';
import { categoricalHead } from './categorical.ts';
import { diagonalGaussianHead } from './diagonal-gaussian.ts';
import type { Head } from './head.ts';

/**
 * The head of a kind.
 * @param size n actions, or A dimensions
 * @param create what computes exp and log1p of many numbers
 */
export function createHead(kind: Head['kind'], size: number, create?: CreateTile): Head {
  return kind === 'categorical' ? categoricalHead(size, create) : diagonalGaussianHead(size);
}
