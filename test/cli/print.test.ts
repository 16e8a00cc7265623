import { describe, expect, test } from 'vitest';
import { describeFailure } from '../../src/cli/failure.ts';
import { thousands } from '../../src/elementary/thousands.ts';
import { duration, quantity, shareInWords } from '../../src/cli/print/quantities.ts';
import { paint } from '../../src/cli/print/print.ts';
import { heatMap } from '../../src/cli/print/heat-map.ts';
import { drawPolicy } from '../../src/cli/print/policy-map.ts';
import { lineDisplay } from '../../src/cli/run-progress.ts';
import { findEnvironment, parseOptions } from '../../envs/registry.ts';
import { randomStream } from '../../src/random/random.ts';
import type { MetricsRow } from '../../src/row/metrics.ts';
import { NonFiniteError } from '../../src/rollout/environment.ts';
import { UserError } from '../../src/user-error.ts';

test('figures are read at a glance', () => {
  expect([0.123456, 500, -13, null, 1e-7].map(quantity)).toEqual(['0.1235', '500', '-13', '–', '1e-7']);
  expect(thousands(1234567.8)).toBe('1,234,568');
  expect([3.14, 42, 125, 3725].map(duration)).toEqual(['3.1 s', '42 s', '2 m 05 s', '1 h 02 m']);
  expect([0, 1e-4, 6e-4, 0.03125, 1].map(shareInWords)).toEqual(['0.0%', '<0.1%', '0.1%', '3.1%', '100.0%']);
});

test('a heat map names the cells of points that are stuck or all of whose runs failed', () => {
  const point = (values: number[], finalIqm: number | null, completed: number) => ({
    ...{ label: values.join(), values, finalIqm, completed, stuck: 0, failed: 3 - completed },
    ...{ klMean: null, rung: 1 },
  });
  const lines = heatMap({
    ...{ method: 'grid', asked: 6, rungs: [], best: null, tiedWithBest: [], withoutBest: null },
    parameters: ['a', 'b', 'c'].map((path) => ({ path, scale: 'list' as const })),
    points: [
      ...[point([1, 1, 0], 4, 3), point([1, 1, 1], 6, 2), point([1, 2, 0], 9, 3)],
      ...[point([1, 2, 1], null, 0), point([2, 1, 0], null, 3), point([2, 1, 1], 3, 3)],
    ],
  }).split('\n');
  expect(lines.slice(0, 3).map((line) => line.trim().split(/ {2,}/))).toEqual([
    ['a ↓', 'b →', '1', '2'],
    ['1', '5 ██', 'failed'],
    ['2', 'stuck', '·'],
  ]);
});

describe('a failure', () => {
  test('of the user is one line and the exit code it names', () => {
    expect(describeFailure(new UserError('a\n  b'))).toEqual({ text: 'leash: a b', exitCode: 2 });
    expect(describeFailure(new UserError('NaN', 1))).toEqual({ text: 'leash: NaN', exitCode: 1 });
  });

  test('of the system is one line that names the file', () => {
    const full = Object.assign(new Error('x'), { code: 'ENOSPC', path: '/a/b' });
    expect(describeFailure(full)).toEqual({ text: 'leash: /a/b: no space left on the device', exitCode: 1 });
  });

  test('of a number that is not finite is one line', () => {
    const failure = describeFailure(new NonFiniteError('reward', 'NaN in copy 0 of E'));
    expect(failure).toEqual({ text: 'leash: reward is NaN in copy 0 of E', exitCode: 1 });
  });

  test('that has no text is told all the same', () => {
    const text = 'leash: bug: {}';
    expect(describeFailure(Object.create(null))).toEqual({ text, exitCode: 70 });
  });

  test('of somebody’s own code shows their frames alone', () => {
    const cause = new TypeError('x');
    const theirs = '    at Object.step (file:///theirs/e.mjs:3:4)';
    cause.stack = `TypeError: x\n${theirs}\n    at Array.map (<anonymous>)\n    at file:///a/dist/src/rollout/copies.js:1:2`;
    expect(describeFailure(new UserError('y', 1, { cause }))).toEqual({
      text: `leash: y\n${theirs}`,
      exitCode: 1,
    });
  });

  test('of leash shows its stack and exits with 70', () => {
    const { text, exitCode } = describeFailure(new TypeError('oops'));
    expect(exitCode).toBe(70);
    expect(text).toMatch(/this is a bug of leash\nTypeError: oops\n\s+at /);
  });
});

test('paint leaves text plain where there is no terminal', () => {
  expect(paint('red', 'x', { isTTY: false })).toBe('x');
  expect(paint('red', 'x', { isTTY: true, hasColors: () => false })).toBe('x');
});

test.each([1, 7, 20, 98, 1000])(
  '%i updates are told in at most 21 lines, first and last among them',
  (updates) => {
    const lines: string[] = [];
    const reporter = lineDisplay((line) => lines.push(line));
    for (let update = 1; update <= updates; update++) {
      const row = { update, steps: update * 10, episodes: 1, returnMean: 1, klOldNewMean: 0.01, delta: 0.02 };
      const rest = { clipFraction: 0.1, entropy: 0.5, deltaViolated: false };
      reporter.update(
        { ...row, ...rest } as MetricsRow,
        { update, seconds: update, stepsPerSecond: 10 },
        updates,
      );
    }
    expect(lines.length).toBeLessThanOrEqual(21);
    expect(lines[0]).toMatch(/^update +1\//);
    expect(lines.at(-1)).toMatch(
      new RegExp(`^update ${updates}/${updates} .*KL/δ 0\\.0100/0\\.02 .*10 steps/s  0\\.0 s left$`),
    );
  },
);

test('a policy is drawn with arrows where something is chosen and values below', () => {
  const definition = findEnvironment('GridWorld');
  const options = parseOptions(definition, { map: ['S#', '.G'] }, () => 'test');
  const { tabular, actionSpace } = definition.create(options, randomStream(0, 'task'));
  if (tabular === undefined || actionSpace.kind !== 'discrete') throw new Error('a gridworld is a table');
  const names = actionSpace.names ?? [];
  const probabilities = new Float64Array(16);
  probabilities[names.indexOf('down')] = 1;
  probabilities[2 * 4 + names.indexOf('right')] = 1;
  const picture = drawPolicy(tabular, { probabilities, values: Float32Array.of(0.9, 5, 1, 5) }, names);
  expect(picture.split('\n').slice(2)).toEqual(['   S↓     #', ' 0.90', '   .→     G', ' 1.00']);
});
