/** What a shape is painted with; whoever renders it chooses the colours. */
export const inks = ['paper', 'ground', 'line', 'agent', 'part', 'goal', 'danger', 'start'] as const;
export type Ink = (typeof inks)[number];

/** A shape in the units of its drawing, x to the right, y down. */
export type Shape =
  | {
      readonly kind: 'rectangle';
      readonly x: number;
      readonly y: number;
      readonly width: number;
      readonly height: number;
      readonly ink: Ink;
    }
  | {
      readonly kind: 'circle';
      readonly x: number;
      readonly y: number;
      readonly radius: number;
      readonly ink: Ink;
    }
  /** With round ends. */
  | {
      readonly kind: 'line';
      readonly x1: number;
      readonly y1: number;
      readonly x2: number;
      readonly y2: number;
      readonly width: number;
      readonly ink: Ink;
    }
  /** [x, y] of each corner. */
  | { readonly kind: 'polygon'; readonly points: readonly (readonly [number, number])[]; readonly ink: Ink };

/**
 * One state of an environment as a picture: later shapes over earlier ones. Every state of an environment has the same
 * shapes in the same order, so that they can be told to move.
 */
export interface Drawing {
  readonly width: number;
  readonly height: number;
  readonly shapes: readonly Shape[];
  /** How long a step of the environment is to be seen. */
  readonly seconds: number;
}
