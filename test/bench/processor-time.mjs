import { writeSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';

/*
 * Loaded by `node --import` before a command: prints at the end the seconds of processor time that the process took, those of
 * its threads among them.
 */
if (isMainThread)
  process.on('exit', () => {
    const { user, system } = process.cpuUsage();
    writeSync(2, `processor time ${(user + system) / 1e6} s\n`);
  });
