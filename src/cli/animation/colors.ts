import type { Ink } from '../../rollout/drawing.ts';

/** Red, green and blue of every ink. */
export const colors: Readonly<Record<Ink, readonly [number, number, number]>> = {
  paper: [255, 255, 255],
  ground: [226, 229, 233],
  line: [120, 128, 138],
  agent: [24, 104, 191],
  part: [224, 134, 32],
  goal: [46, 145, 84],
  danger: [88, 98, 112],
  start: [197, 214, 236],
};

export function hex(ink: Ink): string {
  return `#${colors[ink].map((part) => part.toString(16).padStart(2, '0')).join('')}`;
}

/** Seconds that the last picture stays. */
export const HOLD = 1;
