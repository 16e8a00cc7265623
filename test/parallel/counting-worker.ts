import { parentPort, workerData } from 'node:worker_threads';
import { type Assignment, serve } from '../../src/parallel/thread.ts';
import { type CountingGiven, countingOperations, createCounting } from './counting.ts';

/** Starts as a thread of a training does; with `workerData` it cannot make its state. */
parentPort?.once('message', (assignment: Assignment<CountingGiven>) =>
  serve(
    assignment,
    countingOperations,
    async (given) => {
      if (workerData) throw new Error(workerData);
      return createCounting(given);
    },
    () => {},
  ),
);
