import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import './without-eval.ts';
import { environmentOptions } from '../../../envs/environment-options.ts';
import { findBuiltIn } from '../../../envs/environment-options.ts';
import { hasCritic } from '../../config/advantage.ts';
import { parseJson } from '../../config/json.ts';
import { resolveConfig } from '../../config/load.ts';
import { notForTabs } from '../../lab/tab.ts';
import type { Thread } from '../../parallel/thread.ts';
import type { WrittenRow } from '../../row/metrics.ts';
import { parameterBytes } from '../../run/policy-file.ts';
import { NonFiniteError } from '../../rollout/environment.ts';
import { createTraining, type Training } from '../../train/training.ts';
import { oneLine, UserError } from '../../user-error.ts';
import { wrap } from '../../wrapper/wrappers.ts';
import { loadTabEngine } from './kernels.ts';
import type { GivenConfig, Order, Report } from './wire.ts';

/*
 * Trains in a tab: the core that `leash train` trains with, on a thread of its own. Its page hears of rows, a few times a
 * frame at most.
 */

/** Milliseconds of training after which the page is told, and heard. */
const TURN = 15;

const tell = (report: Report): void => postMessage(report);

/** Lets messages of the page have their turn. */
const { port1, port2 } = new MessageChannel();
function turn(): Promise<void> {
  return new Promise((resolve) => {
    port1.onmessage = () => resolve();
    port2.postMessage(undefined);
  });
}

let training: Training | undefined;
let update = 0;
/** Whether it goes on after the update that is made. */
let isRunning = false;

addEventListener('message', ({ data }: MessageEvent<Order>) => {
  if (data.kind === 'open') void open(data);
  else if (data.kind === 'pause') isRunning = false;
  else if (!isRunning) void run(data.kind === 'update' ? 1 : Number.POSITIVE_INFINITY);
});

async function open({ given, threads }: Order & { kind: 'open' }): Promise<void> {
  try {
    const config = checked(given);
    const { environment } = config;
    const definition = wrap(findBuiltIn({ id: environment.id as string }, ''), environment.wrappers);
    const engine = await loadTabEngine(config.engine);
    const isBeside = threads === 'auto' && hasCritic(config) && mayShare();
    const thread = isBeside ? await startCritic() : undefined;
    training = createTraining(config, definition, engine, thread && { threads: 'auto', start: () => thread });
    const { updates } = training;
    tell({ kind: 'opened', opened: { config, updates, threads: isBeside ? 'auto' : 1 } });
  } catch (error) {
    if (!(error instanceof Refused || error instanceof UserError)) throw error;
    tell({ kind: 'refused', problems: error instanceof Refused ? error.problems : [oneLine(error.message)] });
  }
}

/** What is wrong with a config, one line each. */
class Refused extends Error {
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.problems = problems;
  }
}

/** @throws Refused, UserError */
function checked({ text, place, settings }: GivenConfig) {
  const overrides = Object.entries(settings).map(([path, value]) => ({ path, text: value, origin: '--set' }));
  const { loaded, problems } = resolveConfig(parseJson(text, place), place, overrides, environmentOptions);
  if (loaded === undefined) throw new Refused(problems.map(oneLine));
  const problem = notForTabs(loaded.config, place);
  if (problem !== undefined) throw new Refused([problem]);
  return loaded.config;
}

/** Whether two threads can share memory, and a core is there for each. */
function mayShare(): boolean {
  return crossOriginIsolated && navigator.hardwareConcurrency > 1;
}

function startCritic(): Promise<Thread> {
  const worker = new Worker('critic.js');
  return new Promise((resolve, fail) => {
    worker.onmessage = () => resolve(worker);
    worker.onerror = () => fail(new Error('the thread of the value network does not start'));
  });
}

/** Makes so many updates, or until it is told to pause. */
async function run(most: number): Promise<void> {
  if (training === undefined) return;
  const last = Math.min(training.updates, update + most);
  isRunning = update < last;
  let rows: WrittenRow[] = [];
  let since = performance.now();
  try {
    while (isRunning) {
      rows.push(training.update());
      update += 1;
      if (update === last) isRunning = false;
      // What comes first is shown at once.
      if (isRunning && update > 1 && performance.now() - since < TURN) continue;
      tell({ kind: 'rows', rows });
      rows = [];
      await turn();
      since = performance.now();
    }
  } catch (error) {
    isRunning = false;
    if (!(error instanceof NonFiniteError || error instanceof UserError)) throw error;
    tell({ kind: 'rows', rows });
    tell({ kind: 'failed', problem: oneLine(error.message) });
    return;
  }
  const isDone = update === training.updates;
  tell({ kind: 'paused', update, sha256: bytesToHex(sha256(parameterBytes(training.stored()))), isDone });
}
