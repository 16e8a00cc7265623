import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** One check: throws where leash does wrong. @returns what was counted, in words */
export type Check = (isShort: boolean) => Promise<string>;

/** Thrown where a check cannot be made here. */
export class Skipped extends Error {}

export const root = fileURLToPath(new URL('../..', import.meta.url));
export const command = join(root, 'dist/src/cli/main.js');

export function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), 'leash-faults-'));
}

/** A `leash` that was started. */
export interface Started {
  readonly process: ChildProcess;
  /** What it said on stderr so far. */
  stderr(): string;
  /** Its end: exit code, or null after a signal, and what it said. */
  readonly ended: Promise<{ code: number | null; stdout: string; stderr: string }>;
}

/** Starts `leash` as its user does. */
export function startLeash(args: readonly string[]): Started {
  const child = spawn(process.execPath, [command, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const texts = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk) => {
    texts.stdout += String(chunk);
  });
  child.stderr.on('data', (chunk) => {
    texts.stderr += String(chunk);
  });
  const ended = new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve) => {
    child.on('close', (code) => resolve({ code, ...texts }));
  });
  return { process: child, stderr: () => texts.stderr, ended };
}

/** Runs `leash` to its end. */
export function leash(...args: string[]): Started['ended'] {
  return startLeash(args).ended;
}

/** How long a process that does nothing takes here and now, ms: what a busy machine adds to any other. */
export async function emptyProcess(): Promise<number> {
  const start = performance.now();
  await new Promise((resolve) =>
    spawn(process.execPath, ['-e', '0'], { stdio: 'ignore' }).on('close', resolve),
  );
  return performance.now() - start;
}

/** @throws Error with the words where it does not hold */
export function require(holds: boolean, words: () => string): void {
  if (!holds) throw new Error(words());
}
