import { setTimeout } from 'node:timers/promises';
import { type PlayOptions, playSteps } from '../../train/play-steps.ts';
import { quantity } from './quantities.ts';
import { paint, printable } from './print.ts';

/** Milliseconds that a frame stays on a terminal. */
const FRAME = 150;

/** Plays one episode frame by frame: redrawn in place on a terminal, one below the other elsewhere. */
export async function playEpisode(options: PlayOptions): Promise<void> {
  const { stdout } = process;
  let lines = 0;
  for (const title of episode(options)) {
    const frame = printable(`${paint('dim', title)}\n${options.environment.render?.() ?? ''}\n`);
    if (stdout.isTTY && lines > 0) stdout.write(`\u001b[${lines}A\u001b[0J`);
    stdout.write(stdout.isTTY ? frame : `\n${frame}`);
    lines = frame.split('\n').length - 1;
    if (stdout.isTTY) await setTimeout(FRAME);
  }
}

/** One episode, step by step: what was done and earned. The environment is in the state after it. */
export function* episode(options: PlayOptions): Generator<string> {
  for (const { step, name, action, earned } of playSteps(options)) {
    const done = name ?? `action ${Array.from(action ?? [], quantity).join(', ')}`;
    yield step === 0 ? 'start' : `step ${step}: ${done}, return ${quantity(earned)}`;
  }
}
