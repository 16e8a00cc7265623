import { describe, expect, it, vi } from 'vitest';
import { startThread } from '../../src/node/start-thread.ts';
import { createExecutor, type Threads } from '../../src/parallel/executor.ts';
import { countingOperations, createCounting } from './counting.ts';

const shared = (): Float64Array => new Float64Array(new SharedArrayBuffer(8));

/** An executor on so many threads, and this thread's state. */
function counting(threads: Threads, failure?: string) {
  const given = { moving: shared(), seen: shared() };
  const state = createCounting(given, new Float64Array(1));
  const start = () => {
    const worker = startThread(new URL('counting-worker.js', import.meta.url), { workerData: failure });
    worker.unref();
    return worker;
  };
  const second = threads === 1 ? undefined : { threads, start, given };
  return { state, executor: createExecutor(countingOperations, state, second) };
}

describe.each([1, 2, 'auto'] as const)('an executor with threads %s', (threads) => {
  it('does operations in order, and hands over what the last of a name came to', () => {
    const { executor } = counting(threads);
    // More than the queue has room for.
    for (let i = 1; i <= 1000; i++) executor.run('add', i, 0.5);
    executor.run('sum');
    executor.run('add', 1e300, 1);
    expect(executor.finish('sum')).toEqual({ sum: 250_250, half: 125_125 });
    executor.begin('sum');
    expect(executor.finish('sum')).toEqual({ sum: 1e300, half: 5e299 });
    executor.end();
  });

  it('measures what was there when it was run, whatever is changed before it is asked for', () => {
    const { executor, state } = counting(threads);
    state.seen[0] = 3;
    executor.run('look', 2);
    state.seen[0] = 4;
    expect(executor.finish('look')).toEqual({ seen: 6 });
    executor.end();
  });

  it('brings its state here, and goes on from what it is set to', () => {
    const { executor, state } = counting(threads);
    executor.run('add', 2, 3);
    executor.sync();
    expect(state.sum).toBe(6);
    executor.run('add', 1, 1);
    state.sum = 100;
    executor.resume();
    executor.run('add', 1, 1);
    executor.run('sum');
    expect(executor.finish('sum').sum).toBe(101);
    executor.end();
  });
});

it('what is begun here and not asked for is never done', () => {
  const { executor } = counting(1);
  executor.begin('fail', 1);
  executor.begin('sum');
  expect(executor.finish('sum').sum).toBe(0);
  expect(() => executor.finish('fail')).toThrow('failed with 1');
});

it('a thread is started where there is one alone, and the state moves with the turns', () => {
  expect(counting(1).executor.threads()).toBe(1);
  expect(counting(2).executor.threads()).toBe(2);
  const { executor } = counting('auto');
  const seen = new Set<number>();
  for (let turn = 0; turn < 100; turn++) {
    executor.turn();
    seen.add(executor.threads());
    executor.run('add', 1, 1);
    executor.run('sum');
    expect(executor.finish('sum').sum).toBe(turn + 1);
  }
  expect([...seen].sort()).toEqual([1, 2]);
  executor.end();
});

describe('a thread that failed makes waiting for it an error:', () => {
  it('in an operation', () => {
    const { executor } = counting(2);
    executor.run('fail', 7);
    expect(() => executor.drain()).toThrow('the other thread has failed');
  });

  it('before it was there', () => {
    const { executor } = counting(2, 'no memory');
    executor.begin('sum');
    expect(() => executor.finish('sum')).toThrow('the other thread has failed');
  });
});

it.each([
  ['told to end itself where it runs', true, 0],
  ['ended from here where it may still be loading', undefined, 1],
  ['ended, which does nothing, where it is gone', false, 1],
])('a thread is %s', (_, isAlive, times) => {
  const terminate = vi.fn();
  const thread = { postMessage() {}, terminate, isAlive: () => isAlive };
  const given = { moving: shared(), seen: shared() };
  const state = createCounting(given, new Float64Array(1));
  createExecutor(countingOperations, state, { threads: 'auto', start: () => thread, given }).end();
  expect(terminate).toHaveBeenCalledTimes(times);
});
