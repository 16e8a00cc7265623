import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { updateFiles } from '../../src/run/update-files.ts';
import { built } from '../built.ts';

/** The command as a process of its own. */
export interface Leash {
  readonly child: ChildProcess;
  /** What it printed so far, on both streams. */
  said(): string;
  readonly code: Promise<number | null>;
}

const children = new Set<ChildProcess>();

/** Starts one, ended by `endAll` where it does not end by itself. */
export function leash(args: readonly string[], env: NodeJS.ProcessEnv = {}, command = built): Leash {
  const child = spawn(process.execPath, [command, ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.add(child);
  let text = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk) => {
      text += String(chunk);
    });
  const code = once(child, 'close').then(([exit]) => {
    children.delete(child);
    return exit as number | null;
  });
  return { child, said: () => text, code };
}

export async function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill(signal);
  await exit;
}

/** After each test. */
export async function endAll(): Promise<void> {
  for (const child of children) await ended(child, 'SIGKILL');
  children.clear();
}

/** @throws Error with what was said, where it does not come to that */
export async function until(
  holds: () => boolean | Promise<boolean>,
  ...saying: readonly Pick<Leash, 'said'>[]
): Promise<void> {
  for (const start = performance.now(); !(await holds()); await setTimeout(50))
    if (performance.now() - start > 240_000)
      throw new Error(saying.map(({ said }) => said()).join('\n---\n'));
}

/** Whether a run can be gone on with: a checkpoint that is still being written is none. @param path its folder */
export function hasCheckpoint(path: string): boolean {
  return updateFiles(path, 'checkpoints').length > 0;
}
