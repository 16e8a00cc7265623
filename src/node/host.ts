import { cpus } from 'node:os';
import { setImmediate } from 'node:timers/promises';
import { sha256 } from './policy.ts';
import { readTrainingInputs } from './read-inputs.ts';

/** Node.js, as the training loop needs it (`Host` of train/host.ts). */
export const nodeHost = {
  versions: { node: process.version, v8: process.versions.v8 },
  platform: `${process.platform} ${process.arch}`,
  get processor(): string {
    return cpus()[0]?.model ?? 'unknown';
  },
  turn: (): Promise<void> => setImmediate(),
  readInputs: readTrainingInputs,
  sha256,
};
