import { setImmediate } from 'node:timers/promises';

/** Node.js, as the training loop needs it (`Host` of train/train.ts). */
export const nodeHost = {
  versions: { node: process.version, v8: process.versions.v8 },
  platform: `${process.platform} ${process.arch}`,
  turn: (): Promise<void> => setImmediate(),
};
