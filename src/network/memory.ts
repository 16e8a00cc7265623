import { layersOf, layoutOf } from './layout.ts';
import type { NetworkShape } from './shape.ts';

/** What will be held in memory, in bytes, by what asks for it. */
export interface MemoryEstimate {
  /** The largest first. */
  readonly parts: readonly MemoryPart[];
  /** In a process of its own. */
  readonly bytes: number;
  /** Beside what Node.js and leash take. */
  readonly ownBytes: number;
}

/** A setting, or a file, and what it asks for. */
export interface MemoryPart {
  readonly what: string;
  readonly bytes: number;
}

/** Bytes of Node.js with leash and its kernels loaded, compiled and warm; of a thread that it starts. */
const PROCESS = 70e6;
export const THREAD = 14e6;

/** @param threads beside the main one */
export function estimateOf(parts: readonly MemoryPart[], threads: number): MemoryEstimate {
  const ownBytes = parts.reduce((sum, part) => sum + part.bytes, threads * THREAD);
  const all = [...parts, { what: 'Node.js and leash', bytes: PROCESS + threads * THREAD }];
  return { parts: all.sort((a, b) => b.bytes - a.bytes), bytes: PROCESS + ownBytes, ownBytes };
}

/** Bytes of `vectors` flat vectors as long as a network's parameters, and of the doubles that its widest layer is drawn in. */
export function parameterBytes(shape: NetworkShape, vectors: number): number {
  const drawn = Math.max(...layersOf(shape).map(({ inputs, outputs }) => inputs * outputs));
  return 4 * vectors * layoutOf(shape).size + 8 * drawn;
}

/** Bytes of what a network holds of each of `samples`: its inputs, twice, its layers, its outputs and their derivatives. */
export function activationBytes({ inputs, hidden, outputs, logStd }: NetworkShape, samples: number): number {
  const widths = inputs + hidden.reduce((sum, width) => sum + width, 0) + outputs + logStd;
  return 4 * samples * (widths + inputs + 2 * (outputs + logStd));
}
