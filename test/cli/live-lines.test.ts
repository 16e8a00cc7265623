import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { experimentBars, experimentLines } from '../../src/cli/experiment/progress.ts';
import { FRAMES, LiveLines } from '../../src/cli/live-lines.ts';
import { barDisplay } from '../../src/cli/run-progress.ts';
import { configOf } from '../../src/library/config.ts';
import type { MetricsRow } from '../../src/row/metrics.ts';
import { FakeTerminal } from './terminal.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const row = (update: number): MetricsRow =>
  ({
    ...{ update, steps: update * 5120, episodes: 3, returnMean: 123.456, klOldNewMean: 0.0123, delta: 0.02 },
    ...{ clipFraction: 0.15, entropy: 1.234, deltaViolated: false },
  }) as MetricsRow;

/** A frame later. */
const later = (): void => void vi.advanceTimersByTime(1000 / FRAMES);

const HEADING = 'CartPole-v1, seed 0, 8 × 32 steps an update; runs/cart-pole-clip/seed-0';
const timing = (update: number) => ({ update, seconds: update, stepsPerSecond: 5120 });

describe('the line of a run', () => {
  test.each([
    [
      200,
      '████████████░░░░░░░░  60%  return 123.5    KL/δ 0.0123/0.02   clip 0.15  entropy 1.234  5,120 steps/s  2 m 00 s left',
    ],
    [100, '███░░░  60%  return 123.5    KL 0.0123/0.02  clip 0.15 H 1.23  5,120/s  2 m 00 s left'],
    [80, '███░░░  60%  return 123.5    KL 0.0123/0.02  clip 0.15  5,120/s  2 m 00 s left'],
    [76, '███░░░  60%  return 123.5    KL 0.0123/0.02  clip 0.15  2 m 00 s left'],
    [60, '███░░░  60%  return 123.5    KL 0.0123/0.02  2 m 00 s left'],
    [30, ' 60%  2 m 00 s left'],
  ])('in %i columns says how long the rest takes', (columns, line) => {
    const screen = new FakeTerminal(columns, 24);
    const display = barDisplay('x', screen);
    later();
    display.update(row(180), timing(180), 300);
    expect(screen.text()).toEqual(['x', line]);
  });

  describe.each([
    ['breaks its lines anew', true],
    ['cuts them', false],
  ])('in a terminal that %s', (_, reflows) => {
    test.each([
      [120, 60],
      [80, 40],
      [200, 30],
      [60, 100],
    ])('of %i columns leaves nothing torn at %i', (before, after) => {
      const screen = new FakeTerminal(before, 24, { reflows });
      const display = barDisplay(HEADING, screen);
      later();
      display.update(row(100), timing(100), 300);
      expect(screen.text()).toHaveLength(before > HEADING.length ? 2 : 3);
      screen.resize(after);
      later();
      display.update(row(200), timing(200), 300);
      const there = screen.text();
      expect(there.join(' ').replaceAll(/ +/g, ' ')).toContain(HEADING);
      expect(there.filter((line) => line.includes('CartPole'))).toHaveLength(1);
      expect(there.filter((line) => line.includes(' left'))).toEqual([
        expect.stringMatching(/66%.*1 m 40 s left$/),
      ]);
      display.end();
      expect(screen.text()).toEqual(there);
    });
  });

  test('takes nothing of what stood on the terminal before, where lines are broken anew', () => {
    const screen = new FakeTerminal(120, 24);
    screen.write(`${'$-ls-'.repeat(30)}\r\n$ leash train\r\n`);
    const display = barDisplay(HEADING, screen);
    for (const columns of [70, 50, 90, 33, 120]) {
      later();
      display.update(row(100), timing(100), 300);
      screen.resize(columns);
    }
    later();
    display.update(row(200), timing(200), 300);
    const there = screen.text();
    expect(there.slice(0, -2).join('')).toBe(`${'$-ls-'.repeat(30)}$ leash train`);
    expect(there.slice(-2)).toEqual([HEADING, expect.stringMatching(/^█+░+ {2}66% .*left$/)]);
  });

  test('goes on below what else was printed', () => {
    const screen = new FakeTerminal(100, 24);
    const display = barDisplay('x', screen);
    later();
    display.update(row(100), timing(100), 300);
    screen.write('\r\nfinishing this update\r\n');
    display.leave();
    later();
    display.update(row(101), timing(101), 300);
    expect(screen.text()).toEqual([
      'x',
      expect.stringContaining('33%'),
      '',
      'finishing this update',
      expect.stringContaining('33%'),
    ]);
  });
});

describe('bars of an experiment', () => {
  const names = ['cart-pole-clip-and-kl-penalty', 'cart-pole-clip-and-kl-punishment', '方策勾配'];
  const config = configOf({
    environment: { id: 'CartPole-v1', copies: 8 },
    steps: 51200,
    rollout: { steps: 64 },
  });
  const runs = names.flatMap((label) =>
    [0, 1, 2, 3].map((seed) => ({ root: 'x', label, config: { ...config, seed } })),
  );

  function shown(
    columns: number,
    of = runs,
    rows = 24,
  ): { screen: FakeTerminal; display: ReturnType<typeof experimentBars> } {
    const screen = new FakeTerminal(columns, rows);
    const display = experimentBars(screen);
    display.start(of, 0, () => of.map(() => 25), undefined);
    later();
    return { screen, display };
  }

  test.each([40, 60, 80, 100, 200])(
    'in %i columns say how long the rest takes, each on one line',
    (columns) => {
      const lines = shown(columns).screen.text();
      expect(lines).toHaveLength(1 + names.length);
      expect(lines[0]).toMatch(/^all .* 25% .*\d s left$/);
      expect(new Set(lines.map((line) => line.slice(0, line.indexOf('█')))).size).toBe(4);
    },
  );

  test('count nothing of a run that failed as left', () => {
    const said: string[] = [];
    const display = experimentLines((line) => said.push(line));
    const [first, second] = runs;
    display.start([first, second], 0, () => [100, 3], undefined);
    later();
    display.ended(first, { status: 'completed', failure: null });
    display.ended(second, { status: 'failed', failure: 'worn out' });
    expect(said[1]).not.toMatch(/ 0\.0 s left$/);
    expect(said[2]).toMatch(/^2\/2 .* failed: worn out {2}.* 0\.0 s left$/);
  });

  test('have whole labels where there is room, and the ends of each where there is not', () => {
    expect(
      shown(80)
        .screen.text()
        .map((line) => line.split(/[ ]*█/)[0]),
    ).toEqual(['all', ...names]);
    const cut = shown(60)
      .screen.text()
      .map((line) => line.split(/[ ]*█/)[0]);
    expect(cut.slice(1, 3)).toEqual(['cart-pole…kl-penalty', 'cart-pole…punishment']);
  });

  test.each([
    [100, 60],
    [80, 50],
    [200, 70],
  ])('of %i columns leave nothing torn at %i', (before, after) => {
    const { screen, display } = shown(before);
    screen.resize(after);
    later();
    expect(screen.text()).toHaveLength(1 + names.length);
    display.stop();
    expect(screen.text()).toHaveLength(1 + names.length);
    expect(screen.text().every((line) => line.includes(' 25%'))).toBe(true);
  });

  test.each([
    [10, 24, 11],
    [11, 24, 1],
    [11, 25, 12],
    [40, 24, 1],
    [40, 100, 41],
    [3, 3, 1],
  ])('of %i configs in %i rows are %i, and none is torn in half the columns', (configs, rows, bars) => {
    const many = Array.from({ length: configs }, (_, i) => ({
      root: 'x',
      label: `optimizer.learningRate=0.000${i} network.policy.bias=true`,
      config,
    }));
    const { screen, display } = shown(100, many, rows);
    expect(screen.text()).toHaveLength(bars);
    screen.resize(50);
    later();
    display.stop();
    const there = screen.text();
    expect(there).toHaveLength(bars);
    expect(there.every((line) => line.includes(' 25%'))).toBe(true);
  });
});

test('no more lines are drawn than half the window has', () => {
  const screen = new FakeTerminal(80, 9);
  const live = new LiveLines([], screen);
  for (let frame = 0; frame < 3; frame++) {
    later();
    live.draw(() => Array.from({ length: 9 }, (_, i) => `line ${i} of frame ${frame}`));
  }
  expect(screen.text()).toEqual([0, 1, 2, 3].map((i) => `line ${i} of frame 2`));
});
