import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { environmentOptions } from '../../../envs/environment-options.ts';
import { findEnvironment } from '../../../envs/registry.ts';
import { loadConfig } from '../../../src/node/load-config.ts';
import { loadEngine } from '../../../src/node/load-engine.ts';
import { createTraining } from '../../../src/train/training.ts';
import {
  configNames,
  ellipseOf,
  fisherOf,
  klOf,
  type Microscope,
  microscopes,
  type Point,
  regionOf,
  sharesOf,
  surrogateOf,
  WatchedTraining,
  type World,
  writtenConfig,
} from '../../../src/page/lab/two-parameters.ts';
import { resolveConfig } from '../../../src/config/load.ts';

const engine = await loadEngine('wasm');
const file = (name: string) => new URL(`../../../configs/${name}.json`, import.meta.url).pathname;
const EVEN: Point = [0.5, 0.5];
const settings = {
  algorithm: 'ppo',
  delta: 0.02,
  clipRange: 0.2,
  epochs: 10,
  learningRate: 0.01,
  seed: 0,
} as const;

function watched(name: string, at: Point, overrides: readonly string[] = []) {
  const given = overrides.map((each) => {
    const [path = '', text = ''] = each.split('=');
    return { path, text, origin: '--set' };
  });
  const { config } = loadConfig(file(name), given, environmentOptions);
  const definition = findEnvironment(config.environment.id as string);
  return { config, training: new WatchedTraining(config, definition, engine, at) };
}

describe('a watched training', () => {
  it.each(['gaussian-microscope-trpo', 'gaussian-microscope-clip', 'logit-microscope-trpo'])(
    'of %s makes the updates of the core, bit for bit',
    (name) => {
      const { config } = loadConfig(file(name), [], environmentOptions);
      const definition = findEnvironment(config.environment.id as string);
      const plain = createTraining(config, definition, engine);
      const start = plain.stored().policy.parameters;
      const own = new WatchedTraining(config, definition, engine, [start[0] as number, start[1] as number]);
      for (let update = 0; update < 4; update++) {
        const row = plain.update();
        const step = own.step();
        expect(step.row).toEqual(row);
        expect([...plain.stored().policy.parameters]).toEqual([...step.to]);
      }
      plain.dispose();
      own.dispose();
    },
  );

  it('has a point for every gradient step of PPO, the last of which is where it ends', () => {
    const { training } = watched('gaussian-microscope-clip', [0, 0]);
    const { path, to, row, from } = training.step();
    expect(from).toEqual([0, 0]);
    expect(path).toHaveLength((row.gradientStepsApplied ?? 0) + 1);
    expect(path.at(-2)).toEqual(to);
    expect(new Set(path.map(String)).size).toBe(16);
    training.dispose();
  });

  it('of TRPO has one, inside δ, on the way to its whole step', () => {
    const { training } = watched('gaussian-microscope-trpo', [0, 0], ['trustRegion.delta=0.5']);
    const { from, to, whole, row, path, sampled } = training.step();
    expect(path).toEqual([to]);
    const kl = klOf(microscopes.gaussian, from, sharesOf(sampled));
    expect(kl(to)).toBeCloseTo(row.klOldNewMean ?? Number.NaN, 6);
    expect(kl(to)).toBeLessThanOrEqual(0.5);
    const fraction = 0.8 ** (row.backtracks ?? Number.NaN);
    expect((to[0] - from[0]) / ((whole?.[0] ?? 0) - from[0])).toBeCloseTo(fraction, 6);
    // The whole step stands on the ellipse: ½·xᵀFx = δ.
    const [a, b, c] = fisherOf(microscopes.gaussian, from, sharesOf(sampled));
    const [x, y] = [(whole?.[0] ?? 0) - from[0], (whole?.[1] ?? 0) - from[1]];
    expect(0.5 * (a * x * x + 2 * b * x * y + c * y * y)).toBeCloseTo(0.5, 4);
    training.dispose();
  });
});

describe('the true return', () => {
  it('is what many actions earn', () => {
    const { trueReturn } = microscopes.gaussian;
    const [mean, std] = [0.4, Math.exp(0.2)];
    let sum = 0;
    for (let i = 0; i < 4000; i++) {
      const z = -8 + (16 * (i + 0.5)) / 4000;
      const pays = Math.exp(-0.5 * ((mean + std * z - 2) / 0.7) ** 2);
      sum += ((16 / 4000) * Math.exp(-0.5 * z * z) * pays) / Math.sqrt(2 * Math.PI);
    }
    expect(trueReturn([mean, 0.2], { target: 2, width: 0.7 })).toBeCloseTo(sum, 9);
    expect(microscopes.logit.trueReturn([0, 0], { rewards: [3, 1] })).toBeCloseTo(1, 12);
    expect(microscopes.logit.trueReturn([1, -2], {})).toBeCloseTo(
      0.5 / (1 + Math.exp(-1)) - 0.5 / (1 + Math.exp(2)),
      12,
    );
  });
});

describe.each<[World, Point]>([
  ['gaussian', [0.7, -0.4]],
  ['logit', [1.2, -0.6]],
])('the trust region of %s', (name, from) => {
  const world: Microscope = microscopes[name];

  it('is its ellipse to second order', () => {
    const kl = klOf(world, from, EVEN);
    for (const delta of [1e-4, 1e-6])
      for (const at of ellipseOf(world, from, EVEN, delta))
        expect(Math.abs(kl(at) / delta - 1)).toBeLessThan(40 * Math.sqrt(delta));
    expect(kl(from)).toBe(0);
  });

  it.each([0.001, 0.02, 0.3])('has an edge where KL is δ, %d', (delta) => {
    const kl = klOf(world, from, EVEN);
    const edge = regionOf(kl, from, delta);
    expect(edge).toHaveLength(121);
    // A logit alone cannot always make so much of it: there the edge is far away.
    const far = (at: Point): boolean => Math.hypot(at[0] - from[0], at[1] - from[1]) > 20;
    for (const at of edge) if (!far(at)) expect(kl(at)).toBeCloseTo(delta, 9);
    expect(edge.filter((at) => !far(at)).length).toBeGreaterThan(60);
  });

  it('has the Fisher matrix that docs/environments.md says', () => {
    const [a, b, c] = fisherOf(world, from, EVEN);
    const variance = (z: number): number => 0.5 / (2 + Math.exp(z) + Math.exp(-z));
    const right = name === 'gaussian' ? [Math.exp(0.8), 0, 2] : [variance(1.2), 0, variance(-0.6)];
    [a, b, c].forEach((value, k) => void expect(value).toBeCloseTo(right[k] ?? Number.NaN, 6));
  });
});

it('the surrogate of the rollout begins at 0, and the clipped one is never above it', () => {
  const { training } = watched('gaussian-microscope-clip', [0, 0]);
  const { from, sampled } = training.step();
  const bare = surrogateOf(microscopes.gaussian, { kind: 'surrogate' }, sampled);
  const clipped = surrogateOf(microscopes.gaussian, { kind: 'clip', clipRange: 0.2 }, sampled);
  expect(bare(from)).toBeCloseTo(0, 9);
  for (const at of [
    [0.3, 0],
    [1, -0.5],
    [-1, 0.4],
    [2, 0.2],
  ] as const) {
    expect(clipped(at)).toBeLessThanOrEqual(bare(at) + 1e-12);
    expect(Number.isFinite(bare(at))).toBe(true);
  }
  training.dispose();
});

it.each(Object.keys(configNames) as World[])(
  '%s by either algorithm is a config that can be trained',
  (world) => {
    for (const algorithm of ['trpo', 'ppo'] as const) {
      const { written, settings: said } = writtenConfig(
        world,
        { ...settings, algorithm, epochs: 3 },
        (name) => loadJson(name),
      );
      const overrides = Object.entries(said).map(([path, text]) => ({ path, text, origin: '--set' }));
      const { loaded, problems } = resolveConfig(written, 'test', overrides, environmentOptions);
      expect(problems).toEqual([]);
      expect(loaded?.config.algorithm).toBe(algorithm);
      expect(loaded?.config.network.policy.bias).toBe(false);
      expect(String(loaded?.config.environment.id).toLowerCase()).toContain(world);
    }
  },
);

function loadJson(name: string): Record<string, unknown> {
  return JSON.parse(readFileSync(file(name), 'utf8')) as Record<string, unknown>;
}
