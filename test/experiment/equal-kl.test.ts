import { expect, test } from 'vitest';
import { environmentOptions } from '../../envs/environment-options.ts';
import { resolveConfig } from '../../src/config/load.ts';
import { offTarget, targetInWords } from '../../src/experiment/kl-target.ts';
import { buildReport, type ReportFrame } from '../../src/experiment/report.ts';
import type { Calibrated, ReportData, ReportInput } from '../../src/experiment/report-data.ts';
import { UNBOUNDED } from '../../src/statistics/bounded-interval.ts';
import { rowsOf } from './run-rows.ts';

const TARGET = 0.01;
const worlds = { cart: 'CartPole-v1', lake: 'FrozenLake-v1' } as const;

interface Made {
  readonly method: string;
  readonly world: keyof typeof worlds;
  /** Return of its runs, ten apart. */
  readonly level: number;
  readonly kl: number;
}

function inputOf({ method, world, level, kl }: Made): ReportInput {
  const tree = { steps: 2000, environment: { id: worlds[world] } };
  const { loaded } = resolveConfig(tree, 'test', [], environmentOptions);
  if (loaded === undefined) throw new Error('the config of this test is wrong');
  return {
    ...{ label: `${method}.${world}`, method, world, config: loaded.config, returnBounds: UNBOUNDED },
    bestReturn: { value: 1000, how: 'by hand' },
    runs: Array.from({ length: 10 }, (_, seed) => ({
      ...{ seed, path: `${method}/seed-${seed}`, status: 'completed', failure: null, updates: 20 },
      rows: rowsOf([0, ...new Array<number>(19).fill(level + seed / 10)], { klOldNewMean: kl }),
    })),
  };
}

function calibrated({ method, world, kl }: Made): Calibrated {
  const reached = Math.abs(kl - TARGET) < 0.1 * TARGET;
  const why = { reached, reason: reached ? null : 'it no longer answers', instead: null };
  return {
    label: `${method}.${world}`,
    path: 'objective.clipRange',
    ...{ target: TARGET, tries: [], value: 0.2, klMean: kl, ...why },
  };
}

function reportOf(made: readonly Made[]): ReportData {
  const frame: ReportFrame = {
    ...{ kind: 'compare', name: 'x', description: '', command: '', node: process.version, sweep: null },
    seeds: Array.from({ length: 10 }, (_, seed) => seed),
    calibration: { target: TARGET, tolerance: 0.1, seeds: [], configs: made.map(calibrated) },
  };
  return buildReport(frame, made.map(inputOf));
}

/** `count` methods, each returning ten more than the one before; the last has another KL. */
const methods = (count: number, world: Made['world'] = 'cart'): Made[] =>
  Array.from({ length: count }, (_, i) => ({
    ...{ method: `way-${i}`, world, level: 10 * (i + 1), kl: i === count - 1 ? 5 * TARGET : TARGET },
  }));

test('of many configs the best is one at the KL asked for, and what is not is in no pair', () => {
  const { pairs, verdict, calibration } = reportOf(methods(10));
  expect([...offTarget(calibration)]).toEqual(['way-9.cart']);
  expect(pairs.final.map(({ better }) => better)).toEqual(new Array(8).fill('way-8.cart'));
  expect(pairs.final.flatMap(({ worse }) => worse)).not.toContain('way-9.cart');
  expect(verdict).toContain('way-8.cart has the highest final return (IQM), of those at the KL asked for.');
  expect(verdict).toContain(
    'way-9.cart is not at the KL asked for (0.01) and not compared with the best: 0.05 in the comparison; it no longer answers.',
  );
});

test('of few all pairs are compared, and it is said of the best that its KL is another', () => {
  const { pairs, verdict } = reportOf(methods(8));
  expect(pairs.final).toHaveLength(28);
  expect(verdict).toContain('way-7.cart has the highest final return (IQM), at another KL than asked for.');
  expect(verdict.some((each) => each.startsWith('way-7.cart is not at the KL asked for (0.01): 0.05'))).toBe(
    true,
  );
});

test('over worlds the best is one at the KL asked for in each', () => {
  const lake = methods(10, 'lake').map((each) => ({ ...each, kl: TARGET }));
  const { verdict, across } = reportOf([...methods(10), ...lake]);
  expect(across?.methods).toHaveLength(10);
  const [over] = verdict.filter((each) => each.startsWith('Over 2 worlds'));
  expect(over).toContain('and of the methods that are at the KL asked for in each way-8 has the highest IQM');
  expect(over).toContain('of 10; its P(improvement)');
  expect(over).not.toContain('way-9');
});

test('it is said who came to the KL by the learning rate, of those that are there', () => {
  const frame: ReportFrame = {
    ...{ kind: 'compare', name: 'x', description: '', command: '', node: process.version, sweep: null },
    seeds: Array.from({ length: 10 }, (_, seed) => seed),
    calibration: {
      ...{ target: TARGET, tolerance: 0.1, seeds: [] },
      configs: methods(4).map((each, i) => ({
        ...calibrated(each),
        instead: i === 1 || i === 3 ? { path: 'objective.clipRange', reason: 'it no longer answers' } : null,
      })),
    },
  };
  const { verdict } = buildReport(frame, methods(4).map(inputOf));
  expect(verdict).toContain(
    'Brought to it by the learning rate of the policy, since no value of the setting that bounds them does: way-1.cart.',
  );
});

test('targets in words', () => {
  expect(targetInWords(0.01, String)).toBe('0.01');
  expect(targetInWords({ cart: 0.01, lake: 0.002 }, String)).toBe('0.01 in cart, 0.002 in lake');
});
