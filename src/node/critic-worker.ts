import './v8-flags.ts';
import { writeSync } from 'node:fs';
import { parentPort } from 'node:worker_threads';
import { loadEngine } from './load-engine.ts';
import { type Assignment, serve } from '../parallel/thread.ts';
import { criticOperations } from '../train/critic.ts';
import { type CriticGiven, openCritic } from '../train/critic-thread.ts';

/*
 * The thread that `startCriticThread` starts.
 */

parentPort?.once('message', (assignment: Assignment<CriticGiven>) =>
  serve(
    assignment,
    criticOperations,
    (given) => openCritic(given, loadEngine),
    (text) => void writeSync(2, text),
  ),
);
