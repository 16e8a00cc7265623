import { encodeGif, type GifFrame } from '../../formats/gif.ts';
import type { Drawing } from '../../rollout/drawing.ts';
import { HOLD } from './colors.ts';
import { createCanvas } from './canvas.ts';

/** Across, in pixels. */
const WIDTH = 360;

/** Drawings one after the other as an animated GIF: of each the rectangle that changed. */
export function animatedGif(drawings: readonly Drawing[]): Uint8Array {
  const [{ width, height, seconds }] = drawings;
  const canvas = createCanvas(WIDTH, Math.round((WIDTH * height) / width), WIDTH / width);
  const delay = Math.max(2, Math.round(100 * seconds));
  const frames: GifFrame[] = [];
  let before: Uint8Array | undefined;
  drawings.forEach(({ shapes }, at) => {
    const pixels = canvas.paint(shapes);
    const part = changed(pixels, before, canvas.width, canvas.height);
    frames.push({ ...part, delay: at === drawings.length - 1 ? 100 * HOLD : delay });
    before = pixels;
  });
  return encodeGif(canvas.width, canvas.height, canvas.palette(), frames);
}

/** The least rectangle that holds all that changed; one pixel where nothing did. */
function changed(
  pixels: Uint8Array,
  before: Uint8Array | undefined,
  width: number,
  height: number,
): Omit<GifFrame, 'delay'> {
  if (before === undefined) return { left: 0, top: 0, width, height, pixels };
  let [left, top, right, bottom] = [width, height, -1, -1];
  pixels.forEach((value, at) => {
    if (value === before[at]) return;
    const [x, y] = [at % width, Math.floor(at / width)];
    left = Math.min(left, x);
    right = Math.max(right, x);
    top = Math.min(top, y);
    bottom = Math.max(bottom, y);
  });
  if (right < 0) [left, top, right, bottom] = [0, 0, 0, 0];
  const across = right - left + 1;
  const part = new Uint8Array(across * (bottom - top + 1));
  for (let y = top; y <= bottom; y++)
    part.set(pixels.subarray(y * width + left, y * width + right + 1), (y - top) * across);
  return { left, top, width: across, height: bottom - top + 1, pixels: part };
}
