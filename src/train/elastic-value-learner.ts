import type { ValueLearner } from './value-learner.ts';
import type { ValueThread } from './value-thread.ts';

/** Updates over which one way is timed. */
const BLOCK = 8;
/** Blocks after which the slower way is tried again: a core may have become free. */
const RETRY = 64;

/**
 * A value learner that works on this thread or on its own, whichever is faster: the second thread
 * needs a free core, and waiting for one that another process holds is slower than doing without. Both ways are
 * timed for a block of updates, one without the thread first, while it starts; then the faster one goes on,
 * until a block of it is slower than the other's last. The clock decides where the numbers are computed and
 * never what they are.
 */
export function createElasticValueLearner(local: ValueLearner, thread: ValueThread): ValueLearner {
  const milliseconds = new Map<ValueLearner, number>();
  let current: ValueLearner = local;
  let updates = 0;
  let blocks = 0;
  let start = performance.now();

  const switchOver = (): void => {
    if (current === thread) {
      thread.sync();
      current = local;
    } else {
      thread.take();
      current = thread;
    }
  };

  const endBlock = (): void => {
    const now = performance.now();
    const own = now - start;
    start = now;
    blocks += 1;
    milliseconds.set(current, own);
    const others = milliseconds.get(current === local ? thread : local) ?? 0;
    // The first block of all is not to be trusted: nothing was compiled yet.
    if (own > others || blocks === 2 || blocks % RETRY === 0) switchOver();
  };

  return {
    get threads() {
      return current.threads;
    },
    collected: (rows) => current.collected(rows),
    evaluate() {
      if (updates > 0 && updates % BLOCK === 0) endBlock();
      updates += 1;
      current.evaluate();
    },
    begin: (first, size) => current.begin(first, size),
    finish: () => current.finish(),
    step: (scale, learningRate) => current.step(scale, learningRate),
    beginMeasure: () => current.beginMeasure(),
    finishMeasure: () => current.finishMeasure(),
    sync: () => current.sync(),
    dispose() {
      thread.dispose();
      local.dispose();
    },
  };
}
