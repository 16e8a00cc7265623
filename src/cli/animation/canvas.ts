import { type Ink, inks, type Shape } from '../../rollout/drawing.ts';
import { colors } from './colors.ts';

/** Samples of a pixel in each direction: edges are as smooth as nine of them tell. */
const SAMPLES = 3;
const MOST_COLORS = 256;

type Color = readonly [number, number, number];

/** Paints shapes into pixels; sums and products alone, the same on every machine. */
export interface Canvas {
  readonly width: number;
  readonly height: number;
  /** [height, width] of indices into the palette. */
  paint(shapes: readonly Shape[]): Uint8Array;
  /** All colours so far. */
  palette(): readonly Color[];
}

/** @param scale pixels of a unit of the shapes */
export function createCanvas(width: number, height: number, scale: number): Canvas {
  const [across, down] = [SAMPLES * width, SAMPLES * height];
  const samples = new Uint8Array(across * down);
  const fine = SAMPLES * scale;
  const palette: Color[] = inks.map((ink) => colors[ink]);
  const indices = new Map(palette.map((color, i) => [color.join(), i]));
  const mixed = new Map<number, number>();

  const fill = (shape: Shape): void => {
    const ink = inks.indexOf(shape.ink);
    const [x0, y0, x1, y1] = boxOf(shape).map((side) => side * fine);
    const [left, right] = [Math.max(0, Math.floor(x0)), Math.min(across, Math.ceil(x1))];
    for (let row = Math.max(0, Math.floor(y0)); row < Math.min(down, Math.ceil(y1)); row++) {
      const y = (row + 0.5) / fine;
      if (shape.kind === 'polygon') {
        // By the parity of the edges to the left.
        const edges = crossings(shape.points, y).map((x) => Math.ceil(x * fine - 0.5));
        for (let e = 0; e + 1 < edges.length; e += 2)
          samples.fill(
            ink,
            row * across + Math.max(0, edges[e]),
            row * across + Math.min(across, Math.max(0, edges[e + 1])),
          );
      } else {
        const isInside = insideOf(shape);
        for (let x = left; x < right; x++) if (isInside((x + 0.5) / fine, y)) samples[row * across + x] = ink;
      }
    }
  };

  /** The index of the mean of the samples of a pixel. */
  const mix = (x: number, y: number): number => {
    const start = y * SAMPLES * across + x * SAMPLES;
    const first = samples[start];
    const counts = new Uint8Array(inks.length);
    for (let dy = 0; dy < SAMPLES; dy++)
      for (let dx = 0; dx < SAMPLES; dx++) counts[samples[start + dy * across + dx]] += 1;
    if (counts[first] === SAMPLES * SAMPLES) return first;
    let key = 0;
    for (const count of counts) key = key * (SAMPLES * SAMPLES + 1) + count;
    const known = mixed.get(key);
    if (known !== undefined) return known;
    const index = indexOf(meanOf(counts));
    mixed.set(key, index);
    return index;
  };

  const indexOf = (color: Color): number => {
    const known = indices.get(color.join());
    if (known !== undefined) return known;
    if (palette.length === MOST_COLORS) return nearest(color, palette);
    palette.push(color);
    indices.set(color.join(), palette.length - 1);
    return palette.length - 1;
  };

  return {
    width,
    height,
    paint(shapes) {
      samples.fill(inks.indexOf('paper'));
      for (const shape of shapes) fill(shape);
      const pixels = new Uint8Array(width * height);
      for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) pixels[y * width + x] = mix(x, y);
      return pixels;
    },
    palette: () => palette,
  };
}

/** Left, top, right and bottom. */
function boxOf(shape: Shape): [number, number, number, number] {
  switch (shape.kind) {
    case 'rectangle':
      return [shape.x, shape.y, shape.x + shape.width, shape.y + shape.height];
    case 'circle':
      return [shape.x - shape.radius, shape.y - shape.radius, shape.x + shape.radius, shape.y + shape.radius];
    case 'line': {
      const { x1, y1, x2, y2, width } = shape;
      const half = width / 2;
      return [
        Math.min(x1, x2) - half,
        Math.min(y1, y2) - half,
        Math.max(x1, x2) + half,
        Math.max(y1, y2) + half,
      ];
    }
    case 'polygon': {
      const [xs, ys] = [0, 1].map((axis) => shape.points.map((point) => point[axis]));
      return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
    }
  }
}

function insideOf(shape: Exclude<Shape, { kind: 'polygon' }>): (x: number, y: number) => boolean {
  switch (shape.kind) {
    case 'rectangle':
      return (x, y) =>
        x >= shape.x && x < shape.x + shape.width && y >= shape.y && y < shape.y + shape.height;
    case 'circle':
      return (x, y) => square(x - shape.x) + square(y - shape.y) <= square(shape.radius);
    case 'line':
      return (x, y) => distanceSquared(shape, x, y) <= square(shape.width / 2);
  }
}

/** A product: what ** gives is not the same in every V8. */
function square(x: number): number {
  return x * x;
}

/** From the nearest point of the line. */
function distanceSquared({ x1, y1, x2, y2 }: Shape & { kind: 'line' }, x: number, y: number): number {
  const [dx, dy] = [x2 - x1, y2 - y1];
  const length = dx * dx + dy * dy;
  const along = length === 0 ? 0 : ((x - x1) * dx + (y - y1) * dy) / length;
  const share = Math.min(1, Math.max(0, along));
  return square(x - x1 - share * dx) + square(y - y1 - share * dy);
}

/** Where the edges of a polygon cross a height, from the left on. */
function crossings(points: readonly (readonly [number, number])[], y: number): number[] {
  const found: number[] = [];
  points.forEach(([xb, yb], i) => {
    const [xa, ya] = points[(i + points.length - 1) % points.length];
    if (ya > y !== yb > y) found.push(xa + ((y - ya) / (yb - ya)) * (xb - xa));
  });
  return found.sort((a, b) => a - b);
}

function meanOf(counts: Uint8Array): Color {
  const parts = [0, 1, 2].map((part) => {
    const sum = inks.reduce((total, ink: Ink, i) => total + counts[i] * colors[ink][part], 0);
    return Math.round(sum / (SAMPLES * SAMPLES));
  });
  return parts as unknown as Color;
}

function nearest(color: Color, palette: readonly Color[]): number {
  const distance = (other: Color): number => other.reduce((sum, part, i) => sum + square(part - color[i]), 0);
  return palette.reduce((best, each, i) => (distance(each) < distance(palette[best]) ? i : best), 0);
}
