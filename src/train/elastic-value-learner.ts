import type { ValueLearner } from './value-learner.ts';
import type { ValueThread } from './value-thread.ts';

/** Updates over which one way is timed. */
const BLOCK = 8;
/** Of them the first, which are not counted: a thread that slept or has never run is slower at first. */
const WARM_UP = 2;
/** Blocks without the thread after which it is tried again, twice as many after each try in vain. */
const FIRST_RETRY = 2;
const LAST_RETRY = 16;

/**
 * A value learner that works on this thread or on its own, whichever is faster: the second thread
 * needs a free core, and waiting for one that another process holds is slower than doing without. Both ways are
 * timed for a block of updates, one without the thread first, while it starts, and once more when all is compiled.
 * Then the faster one goes on until a block of it is slower than the other's last; a thread that was slower is tried
 * again now and then. The clock decides where the numbers are computed and never what they are.
 */
export function createElasticValueLearner(local: ValueLearner, thread: ValueThread): ValueLearner {
  /** Median milliseconds of an update in the last block of each way. */
  const milliseconds = new Map<ValueLearner, number>();
  const times = new Float64Array(BLOCK - WARM_UP);
  let current: ValueLearner = local;
  let updates = 0;
  /** Since the last change. */
  let blocks = 0;
  let retry = FIRST_RETRY;
  let isLocalWarm = false;
  let start = 0;

  const changeTo = (next: ValueLearner): void => {
    if (next === thread) thread.take();
    else thread.sync();
    current = next;
    blocks = 0;
  };

  const endBlock = (): void => {
    const own = times.sort()[times.length >> 1];
    milliseconds.set(current, own);
    blocks += 1;
    const others = milliseconds.get(current === local ? thread : local) ?? 0;
    if (current === local) {
      if (own > others || blocks >= retry) changeTo(thread);
    } else if (own > others) {
      retry = blocks === 1 ? Math.min(2 * retry, LAST_RETRY) : FIRST_RETRY;
      changeTo(local);
    } else if (!isLocalWarm && blocks >= FIRST_RETRY) {
      isLocalWarm = true;
      changeTo(local);
    }
  };

  /** Takes the time of the update that has just ended. */
  const endUpdate = (): void => {
    const now = performance.now();
    const place = (updates - 1) % BLOCK;
    if (place >= WARM_UP) times[place - WARM_UP] = now - start;
    if (place === BLOCK - 1) endBlock();
    start = performance.now();
  };

  return {
    get threads() {
      return current.threads;
    },
    collected: (rows) => current.collected(rows),
    evaluate() {
      if (updates > 0) endUpdate();
      updates += 1;
      current.evaluate();
    },
    begin: (first, size) => current.begin(first, size),
    finish: () => current.finish(),
    step: (scale, learningRate) => current.step(scale, learningRate),
    get orders() {
      return current.orders;
    },
    beginFit: (epochs, learningRate) => current.beginFit(epochs, learningRate),
    finishFit: () => current.finishFit(),
    beginMeasure: () => current.beginMeasure(),
    finishMeasure: () => current.finishMeasure(),
    sync: () => current.sync(),
    dispose() {
      thread.dispose();
      local.dispose();
    },
  };
}
