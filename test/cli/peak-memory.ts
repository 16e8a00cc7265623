/**
 * Run by memory.test.ts: `peak-memory.ts WARM COMMAND`, each a command line as JSON, the first of a small run of the
 * same kind. Prints the bytes that the second took at most beyond what the process held before it, when all there is
 * was loaded, compiled and swept.
 */
import '../../src/node/v8-flags.ts';
import { readFileSync, writeFileSync } from 'node:fs';
import { cloneCommand } from '../../src/cli/commands/clone.ts';
import { evaluateCommand } from '../../src/cli/commands/evaluate.ts';
import { fitCommand } from '../../src/cli/commands/fit.ts';
import { trainCommand } from '../../src/cli/commands/train.ts';
import { runCommand, type Said } from './run-command.ts';

export type Command =
  | ({ command: 'train' } & Said<typeof trainCommand>)
  | ({ command: 'fit' } & Said<typeof fitCommand>)
  | ({ command: 'evaluate' } & Said<typeof evaluateCommand>)
  | ({ command: 'clone' } & Said<typeof cloneCommand>);

async function run(given: Command): Promise<void> {
  if (given.command === 'train') await runCommand(trainCommand, given);
  else if (given.command === 'fit') await runCommand(fitCommand, given);
  else if (given.command === 'clone') await runCommand(cloneCommand, given);
  else await runCommand(evaluateCommand, given);
}

/** VmRSS or VmHWM, the most that VmRSS has been, in bytes. */
function held(which: 'VmRSS' | 'VmHWM'): number {
  const [, kilobytes] =
    new RegExp(`^${which}:\\s+(\\d+)`, 'm').exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  return 1024 * Number(kilobytes);
}

async function measure(warm: Command, given: Command): Promise<number> {
  await run(warm);
  for (let i = 0; i < 3; i++) {
    globalThis.gc?.();
    // What was swept is given back between turns.
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  // Sets VmHWM to VmRSS [proc(5)].
  writeFileSync('/proc/self/clear_refs', '5');
  const before = held('VmRSS');
  await run(given);
  return held('VmHWM') - before;
}

const [warm, given] = process.argv.slice(2).map((text) => JSON.parse(text) as Command);
const bytes = await measure(warm as Command, given as Command);
process.stdout.write(`\npeak ${bytes}\n`);
