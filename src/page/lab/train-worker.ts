import './without-eval.ts';
import { hasCritic } from '../../config/advantage.ts';
import type { Thread } from '../../parallel/thread.ts';
import { NonFiniteError } from '../../rollout/environment.ts';
import type { LedgerRow } from '../../row/ledger.ts';
import type { WrittenRow } from '../../row/metrics.ts';
import { oneLine, UserError } from '../../user-error.ts';
import { checkedConfig, Refused } from './checked-config.ts';
import { loadTabEngine } from './kernels.ts';
import { TabTraining } from './tab-training.ts';
import type { GivenConfig, Order, Report } from './wire.ts';

/*
 * Trains in a tab: the core that `leash train` trains with, on a thread of its own. Its page hears of rows, a few times a
 * frame at most.
 */

/** Milliseconds of training after which the page is told, and heard. */
const TURN = 15;

let training: TabTraining | undefined;
/** The gradient steps of the update that is made step by step, and how often it stood still. */
let steps: LedgerRow[] = [];
let stops = 0;
/** After which update it pauses. */
let until = 0;
let isRunning = false;
/** Settings to go on with, as soon as no update is under way. */
let next: GivenConfig | undefined;

const tell = (report: Report): void => postMessage(report);

/** Lets messages of the page have their turn. */
const { port1, port2 } = new MessageChannel();
function turn(): Promise<void> {
  return new Promise((resolve) => {
    port1.onmessage = () => resolve();
    port2.postMessage(undefined);
  });
}

addEventListener('message', ({ data }: MessageEvent<Order>) => {
  if (data.kind === 'open') void open(data);
  else if (training !== undefined) take(data, training);
});

function take(order: Exclude<Order, { kind: 'open' }>, own: TabTraining): void {
  if (order.kind === 'run') {
    until = order.until;
    if (!isRunning) void run(own);
  } else if (order.kind === 'pause') until = own.update;
  else if (order.kind === 'change') {
    next = order.given;
    if (!isRunning && !own.isUnderWay) attempt(() => takeSettings(own));
  } else if (isRunning) return;
  else if (order.kind === 'step') attempt(() => step(own));
  else {
    own.rewind(order.update);
    stops = 0;
    steps = [];
    until = order.update;
    void run(own);
  }
}

async function open({ given, threads }: Order & { kind: 'open' }): Promise<void> {
  try {
    const config = checkedConfig(given);
    const engine = await loadTabEngine(config.engine);
    const isBeside = threads === 'auto' && hasCritic(config) && mayShare();
    const thread = isBeside ? await startCritic() : undefined;
    training = new TabTraining(config, engine, thread && { threads: 'auto', start: () => thread });
    const { updates, canGoBack } = training;
    tell({ kind: 'opened', opened: { config, updates, canGoBack, threads: isBeside ? 'auto' : 1 } });
  } catch (error) {
    tellProblem(error);
  }
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

/** Makes updates until it is to pause; of those on the way back to one nothing is told. */
async function run(own: TabTraining): Promise<void> {
  isRunning = true;
  let rows: WrittenRow[] = [];
  let since = performance.now();
  const flush = (): void => {
    if (rows.length > 0) tell({ kind: 'rows', rows });
    rows = [];
    since = performance.now();
  };
  try {
    while (own.isGoingBack || (own.update < until && !own.isDone)) {
      const isAgain = own.isGoingBack;
      const row = own.next();
      if (!isAgain) rows.push(row);
      steps = [...(stops > 0 ? steps : []), ...own.drainSteps()];
      stops = 0;
      // What comes first is shown at once, and what was set meanwhile holds from the next update on.
      if (own.update > 1 && next === undefined && performance.now() - since < TURN) continue;
      flush();
      await turn();
      attempt(() => takeSettings(own));
      since = performance.now();
    }
    attempt(() => takeSettings(own));
    flush();
    if (steps.length > 0) tell({ kind: 'steps', steps });
    tellPaused(own);
  } catch (error) {
    flush();
    tellProblem(error);
  } finally {
    isRunning = false;
  }
}

/** One step of an update; behind its last one the update is done. */
function step(own: TabTraining): void {
  if (own.isDone) return;
  if (!own.isUnderWay) steps = [];
  const row = own.step();
  steps.push(...own.drainSteps());
  if (steps.length > 0) tell({ kind: 'steps', steps });
  if (row === undefined) {
    stops += 1;
    const at = { update: own.update + 1, step: stops, sha256: own.sha256() };
    tell({ kind: 'standstill', standing: { ...own.standstill(), ...at } });
    return;
  }
  stops = 0;
  tell({ kind: 'rows', rows: [row] });
  attempt(() => takeSettings(own));
  tellPaused(own);
}

function takeSettings(own: TabTraining): void {
  if (next === undefined || own.isGoingBack) return;
  const given = next;
  next = undefined;
  own.change(checkedConfig(given));
}

function tellPaused(own: TabTraining): void {
  tell({ kind: 'paused', update: own.update, sha256: own.sha256(), isDone: own.isDone });
}

function attempt(act: () => void): void {
  try {
    act();
  } catch (error) {
    tellProblem(error);
  }
}

/** What is no mistake of a config is thrown outside of any promise: of a worker's rejected ones its page hears nothing. */
function tellProblem(error: unknown): void {
  if (error instanceof Refused) tell({ kind: 'refused', problems: error.problems });
  else if (error instanceof NonFiniteError) tell({ kind: 'failed', problem: oneLine(error.message) });
  else if (error instanceof UserError) tell({ kind: 'refused', problems: [oneLine(error.message)] });
  else
    setTimeout(() => {
      throw error;
    });
}
