import { setFlagsFromString } from 'node:v8';
import { getEnvironmentData, isMainThread, setEnvironmentData } from 'node:worker_threads';

/*
 * Imported first by the command line: makes V8 content with less memory.
 *
 * Its space for new objects stays at its first megabyte. Training makes some 50 bytes of garbage a step; letting 16 MB of
 * it come together before it is swept would only hold 15 MB more. And of V8's two optimizing compilers for JavaScript the
 * one for code that runs a little (Maglev, Node 22 and later) is left out: 4 MB, and no step is slower without it.
 *
 * Imported by the value network's thread too: with each thread that starts, V8 sets the factor back to 2 for all of
 * them (Heap::ConfigureHeap). In a program that uses leash as a library nobody has asked for it, and nothing happens.
 */
const KEY = 'leash/memory-flags';
if (isMainThread) setEnvironmentData(KEY, 'small');
if (getEnvironmentData(KEY) === 'small') setFlagsFromString('--semi-space-growth-factor=1 --no-maglev');
