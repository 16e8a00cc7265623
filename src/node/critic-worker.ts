import './v8-flags.ts';
import { readlinkSync, writeSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { loadEngine } from './load-engine.ts';
import { type Assignment, serve } from '../parallel/thread.ts';
import { criticOperations } from '../train/critic.ts';
import { type CriticGiven, openCritic } from '../train/critic-thread.ts';

/*
 * The thread that `startCriticThread` starts.
 */

/** This thread's number in /proc, for who looks whether it is still there; 0 where there is no /proc. */
function threadId(): number {
  try {
    return Number(/\d+$/.exec(readlinkSync('/proc/thread-self'))?.[0] ?? 0);
  } catch {
    return 0;
  }
}

Atomics.store(workerData as Int32Array, 0, threadId());
parentPort?.once('message', (assignment: Assignment<CriticGiven>) =>
  serve(
    assignment,
    criticOperations,
    (given) => openCritic(given, loadEngine),
    (text) => void writeSync(2, text),
  ),
);
