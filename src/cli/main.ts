#!/usr/bin/env node
import { isSupportedNode } from './node-version.ts';

/*
 * Imports nothing that an older Node.js lacks a name of: it would stop there, before any line is run, with a stack.
 */

const { node } = process.versions;
if (isSupportedNode(node)) await import('./start.ts');
else {
  process.stderr.write(
    `leash: Node.js must be 20.19 or newer of 20, or 22.12 or newer, got ${node}: ${process.execPath}\n`,
  );
  process.exitCode = 2;
}
