#!/usr/bin/env node
import { isSupportedNode } from './node-version.ts';

/*
 * Imports nothing that an older Node.js lacks a name of: it would stop there, before any line is run, with a stack.
 */

const problem = problemOf(process.versions.node);
if (problem === undefined) await import('./start.ts');
else {
  process.stderr.write(`leash: ${problem}\n`);
  process.exitCode = 2;
}

/** Why nothing can begin; undefined: it can. */
function problemOf(node: string): string | undefined {
  if (!isSupportedNode(node))
    return `Node.js must be 20.19 or newer of 20, or 22.12 or newer, got ${node}: ${process.execPath}`;
  try {
    process.cwd();
    return undefined;
  } catch (cause) {
    return `the working folder cannot be had (${(cause as NodeJS.ErrnoException).code}): it was removed, or is not readable; change to another`;
  }
}
