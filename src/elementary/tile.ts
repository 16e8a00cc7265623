import { exp, log1p } from './exponential.ts';

/** A short array of which a function is taken in one go: y from x, the bits of `exp` and `log1p`, whoever computes. */
export interface Tile {
  /** Length of x and y. */
  readonly size: number;
  readonly x: Float64Array;
  readonly y: Float64Array;
  /** y[i] = exp(x[i]) for i < count. Leaves x alone; y may be written up to the next even index. */
  exp(count: number): void;
  /** y[i] = log1p(x[i]), likewise. */
  log1p(count: number): void;
}

/** @param size even */
export type CreateTile = (size: number) => Tile;

/** A tile in plain TypeScript. */
export const createTile: CreateTile = (size) => {
  const x = new Float64Array(size);
  const y = new Float64Array(size);
  return {
    size,
    x,
    y,
    exp(count) {
      for (let i = 0; i < count; i++) y[i] = exp(x[i]);
    },
    log1p(count) {
      for (let i = 0; i < count; i++) y[i] = log1p(x[i]);
    },
  };
};
