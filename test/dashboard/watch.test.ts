import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Events } from '../../src/dashboard/events.ts';
import type { FollowedFolder } from '../../src/dashboard/follow.ts';
import { Watch } from '../../src/dashboard/watch.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A watch over a folder whose looks take so long, and what it did. */
function watched(milliseconds: number, hasMore: () => boolean = () => false, whole = milliseconds) {
  const seen = { looks: 0, listeners: 0 };
  const folder = {
    async look() {
      seen.looks += 1;
      return { milliseconds, whole, hasMore: hasMore() };
    },
  };
  const events = {
    get listeners() {
      return seen.listeners;
    },
  };
  const watch = new Watch(folder as unknown as FollowedFolder, events as unknown as Events);
  return { seen, watch };
}

describe('looking at runs again and again', () => {
  it('ends a while after the last page has left, and begins at once when one comes', async () => {
    const { seen, watch } = watched(1);
    watch.wake();
    expect(seen.looks).toBe(1);
    await vi.advanceTimersByTimeAsync(20_000);
    const { looks } = seen;
    expect(looks).toBeGreaterThan(10);
    expect(looks).toBeLessThan(25);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(seen.looks).toBe(looks);
    watch.wake();
    expect(seen.looks).toBe(looks + 1);
    seen.listeners = 1;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(seen.looks).toBeGreaterThan(looks + 200);
    await watch.close();
    const end = seen.looks;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(seen.looks).toBe(end);
  });

  it('takes less than 2% of the time, however many runs there are, but every five seconds', async () => {
    for (const milliseconds of [1, 5, 20, 60, 500]) {
      const { seen, watch } = watched(milliseconds);
      seen.listeners = 1;
      watch.wake();
      await vi.advanceTimersByTimeAsync(120_000);
      const share = (seen.looks * milliseconds) / 120_000;
      if (milliseconds <= 60) expect(share).toBeLessThan(0.02);
      expect(seen.looks).toBeGreaterThanOrEqual(24);
      await watch.close();
    }
  });

  it('takes less than 2% of the time with new rows, too, which put the next off by a second at most', async () => {
    for (const [whole, looks] of [
      [1, 240],
      [6, 100],
      [12, 60],
      [700, 60],
    ] as const) {
      const { seen, watch } = watched(1, undefined, whole);
      seen.listeners = 1;
      watch.wake();
      await vi.advanceTimersByTimeAsync(60_000);
      expect(Math.abs(seen.looks - looks), String(seen.looks)).toBeLessThanOrEqual(2);
      if (whole < 20) expect((seen.looks * whole) / 60_000).toBeLessThan(0.02);
      await watch.close();
    }
  });

  it('goes on at once where there is more to read', async () => {
    let more = 5;
    const { seen, watch } = watched(1000, () => --more > 0);
    watch.wake();
    await vi.advanceTimersByTimeAsync(10);
    expect(seen.looks).toBe(5);
    await watch.close();
  });
});
