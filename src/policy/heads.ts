import { categoricalHead } from './categorical.ts';
import { diagonalGaussianHead } from './diagonal-gaussian.ts';
import type { Head } from './head.ts';

/** The head of a kind, by the numbers of its actions: n actions, or A dimensions. */
export function createHead(kind: Head['kind'], size: number): Head {
  return kind === 'categorical' ? categoricalHead(size) : diagonalGaussianHead(size);
}
