import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { environmentOptions } from '../../envs/environment-options.ts';
import { jsonSchemaOf } from '../../src/config/fields.ts';
import {
  type EnvironmentOptions,
  type Inspection,
  parseAssignment,
  resolveConfig,
} from '../../src/config/load.ts';
import { loadConfig } from '../../src/node/load-config.ts';
import { UserError } from '../../src/user-error.ts';

const lakeOptions = z.strictObject({
  slippery: z.boolean().default(true),
  limit: z.int().min(1).nullable().default(100),
});

/** One environment, `Lake`, so that loading is tested without `envs/`. */
const environments: EnvironmentOptions = {
  schema({ id }, place) {
    if (id !== 'Lake') throw new UserError(`there is no environment ${id} (${place})`);
    return () => jsonSchemaOf(lakeOptions);
  },
  resolve(_, options, place) {
    const result = lakeOptions.safeParse(options);
    const at = typeof place === 'string' ? place : place('environment.options');
    if (!result.success) throw new UserError(`options are wrong (${at})`);
    return result.data;
  },
  hasDiscreteObservations: () => true,
  hasDiscreteActions: () => true,
  notSquashable: () => 'the actions of Lake are no box',
  notEnumerable: (id) => `${id} cannot be written out`,
  episodeLength: () => undefined,
  mismatch: () => undefined,
};

const lake = { environment: { id: 'Lake' } };

function resolve(written: unknown, ...assignments: string[]): Inspection {
  return resolveConfig(written, 'x.json', assignments.map(parseAssignment), environments);
}

function problems(written: unknown, ...assignments: string[]): string[] {
  return resolve(written, ...assignments).problems;
}

function config(written: unknown, ...assignments: string[]) {
  const { loaded, problems: found } = resolve(written, ...assignments);
  if (loaded === undefined) throw new Error(found.join('\n'));
  return loaded.config;
}

test('importance weights are of a KL in the loss, and of a state’s exact KL those of the tokens before it', () => {
  const reference = { policy: 'initial', importance: 'detached' };
  const said = (own: object): string[] => problems({ ...lake, reference: { ...reference, ...own } });
  expect(said({})).toEqual([
    'reference.importance must be "none" with placement "reward", which is the acting policy’s, got "detached" (x.json)',
  ]);
  expect(said({ placement: 'loss' })).toEqual([
    'reference.importance must be "none" with estimator "exact" and level "token", where a state has no token before it, got "detached" (x.json)',
  ]);
  const ofSequences = said({ placement: 'loss', level: 'sequence' });
  expect(ofSequences.filter((each) => each.includes('importance'))).toEqual([]);
  expect(said({ placement: 'loss', estimator: 'k2' })).toEqual([]);
});

test('a standard deviation of each state starts as a bias, which has to be there', () => {
  expect(problems(lake, 'network.policy.bias=false', 'network.stateDependentStd=true')).toEqual([
    'network.policy.bias must be true with network.stateDependentStd, whose log standard deviations start as biases, got false (--set network.policy.bias=false)',
  ]);
  expect(problems(lake, 'network.policy.bias=false')).toEqual([]);
  expect(problems(lake, 'network.value.bias=false', 'network.stateDependentStd=true')).toEqual([]);
});

describe('a config file', () => {
  test('needs no more than an environment; everything else has its default', () => {
    const resolved = config(lake);
    expect(resolved.optimizer.learningRate).toBe(3e-4);
    expect(resolved.trustRegion.stop).toEqual({ measure: 'exact', scope: 'epoch', factor: 1 });
    expect(resolved.environment.options).toEqual({ slippery: true, limit: 100 });
  });

  test.each([
    [
      'a value out of range',
      { ...lake, advantage: { gaeLambda: 1.5 } },
      'advantage.gaeLambda must be in [0, 1], got 1.5 (x.json)',
    ],
    ['zero steps', { ...lake, steps: 0 }, 'steps must be an integer in [1, 1000000000000], got 0 (x.json)'],
    [
      'a fraction where an integer belongs',
      { ...lake, ppo: { epochs: 1.5 } },
      'ppo.epochs must be an integer in [1, 1000], got 1.5 (x.json)',
    ],
    [
      'an estimator where each state counts',
      { ...lake, trustRegion: { over: 'max', stop: { measure: 'k3' } } },
      'trustRegion.stop.measure must be "exact" with trustRegion.over "max", got "k3": an estimator on one action is not the KL of its state (x.json)',
    ],
    [
      'a state’s gradient taken away and projected',
      { ...lake, trustRegion: { over: 'perState', projection: {} } },
      'trustRegion.stop must be null with trustRegion.projection and over "perState": a state outside gets its gradient by way of the projection, the stop rule would take it away (x.json)',
    ],
    ...(['trustRegionClip', 'divergenceMask'] as const).map((kind): [string, object, string] => [
      `a projection and ${kind}`,
      { ...lake, objective: { kind }, trustRegion: { projection: {} } },
      `trustRegion.projection must be null with objective.kind "${kind}", which has a region of its own in each state (x.json)`,
    ]),
    ...([0.01, { schedule: 'linear', from: 0.005, to: 0.01 }] as const).map(
      (delta): [string, object, string] => [
        'a target of β that rollback lets no update reach',
        {
          ...lake,
          objective: { kind: 'klPenalty', adapt: { target: 0.02 } },
          trustRegion: { delta, onOvershoot: 'rollback' },
        },
        'objective.adapt.target must be at most trustRegion.delta 0.01 with trustRegion.onOvershoot "rollback", which ends every update within it, so that β would only fall, got 0.02 (x.json)',
      ],
    ),
    ...(['trpo', 'npg'] as const).map((algorithm): [string, object, string] => [
      `a projection with ${algorithm}`,
      { ...lake, algorithm, trustRegion: { projection: {} } },
      `trustRegion.projection has no effect with algorithm "${algorithm}": its only step is taken from π_old, which is inside (x.json)`,
    ]),
    [
      'a direction that is none',
      { ...lake, trustRegion: { projection: { direction: 'both' } } },
      'trustRegion.projection.direction must be "oldNew" or "newOld", got "both" (x.json)',
    ],
    [
      'a regression beyond the ball',
      { ...lake, trustRegion: { projection: { regression: { within: 1.5 } } } },
      'trustRegion.projection.regression.within must be in (0, 1], got 1.5 (x.json)',
    ],
    [
      'a projection outside the region',
      { ...lake, projection: { direction: 'newOld' } },
      'projection is not a setting; did you mean trustRegion.projection? (x.json)',
    ],
    [
      'states that are none',
      { ...lake, trustRegion: { over: 'worst' } },
      'trustRegion.over must be "mean", "max" or "perState", got "worst" (x.json)',
    ],
    [
      'an open range',
      { ...lake, optimizer: { adamEpsilon: 0 } },
      'optimizer.adamEpsilon must be in (0, 1], got 0 (x.json)',
    ],
    [
      'an enum',
      { ...lake, network: { policy: { activation: 'gelu' } } },
      'network.policy.activation must be "tanh" or "relu", got "gelu"; did you mean "relu"? (x.json)',
    ],
    [
      'an item of an array',
      { ...lake, network: { policy: { hidden: [64, 'x'] } } },
      'network.policy.hidden.1 must be an integer in [1, 4096], got "x" (x.json)',
    ],
    [
      'a nullable number',
      { ...lake, optimizer: { maxGradientNorm: -1 } },
      'optimizer.maxGradientNorm must be > 0 or null, got -1 (x.json)',
    ],
    [
      'a text for a number',
      { ...lake, optimizer: { learningRate: '3e-4' } },
      'optimizer.learningRate must be in (0, 10], a schedule {"schedule": "linear" or "cosine", "from", "to"} or a schedule {"schedule": "klAdaptive", …}, got "3e-4" (x.json)',
    ],
    [
      'a schedule without its shape',
      { ...lake, optimizer: { learningRate: { from: 1e-3 } } },
      'optimizer.learningRate.schedule must be "linear" or "cosine" or "klAdaptive", but is missing (x.json)',
    ],
    [
      'a schedule from a number out of range',
      { ...lake, objective: { clipRange: { schedule: 'linear', from: 20 } } },
      'objective.clipRange.from must be in (0, 10], got 20 (x.json)',
    ],
    [
      'an unknown key of a schedule',
      { ...lake, objective: { clipRange: { schedule: 'linear', from: 0.2, until: 0.1, too: 0 } } },
      'objective.clipRange.until is not a setting; objective.clipRange has schedule, from, to (x.json)',
    ],
    [
      'a section that is null',
      { ...lake, advantage: null },
      'advantage must be an object, got null (x.json)',
    ],
    ['a missing environment', { steps: 10 }, 'environment must be an object, but is missing (x.json)'],
    [
      'a missing id',
      { environment: {} },
      'environment.id or environment.module must name the environment, but both are missing (x.json)',
    ],
    ['an unknown environment', { environment: { id: 'Lago' } }, 'there is no environment Lago (x.json)'],
    [
      'an unknown key near a known one',
      { ...lake, advantage: { gaeLamda: 0.9 } },
      'advantage.gaeLamda is not a setting; did you mean advantage.gaeLambda? (x.json)',
    ],
    [
      'an unknown section',
      { ...lake, optimiser: {} },
      'optimiser is not a setting; did you mean optimizer? (x.json)',
    ],
    [
      'a setting in the wrong section',
      { ...lake, ppo: { gaeLambda: 0.9 } },
      'ppo.gaeLambda is not a setting; did you mean advantage.gaeLambda? (x.json)',
    ],
    [
      'minibatches larger than the rollout',
      { ...lake, rollout: { steps: 16 } },
      'ppo.minibatchSize must be at most 64, the samples of a rollout (rollout.steps 16 × environment.copies 4), got 128 (x.json)',
    ],
    ['no object', [1], 'a config must be a JSON object, got [1] (x.json)'],
    ['wrong options', { environment: { id: 'Lake', options: { limit: 0 } } }, 'options are wrong (x.json)'],
    [
      'options that are no object',
      { environment: { id: 'Lake', options: 3 } },
      'environment.options must be an object, got 3 (x.json)',
    ],
  ])('with %s is one clear line', (_, written, line) => {
    expect(problems(written)[0]).toBe(line);
  });

  test('projected policies are refused where the loss is of whole sequences of them', () => {
    const reference = { policy: 'initial', placement: 'loss', level: 'sequence', estimator: 'k2' };
    const trustRegion = { projection: {} };
    const line =
      'reference.placement must be "reward" with trustRegion.projection and reference.level "sequence": the loss sees projected policies, of a minibatch’s states alone, got "loss" (x.json)';
    expect(problems({ ...lake, trustRegion, reference })).toContain(line);
    for (const other of [{ placement: 'reward' }, { level: 'token' }, { estimator: 'exact' }])
      expect(problems({ ...lake, trustRegion, reference: { ...reference, ...other } })).not.toContain(line);
  });

  test('reports every problem, not only the first', () => {
    const found = problems({ ...lake, steps: 0, seed: -1, adventage: {}, ppo: { epochs: 'x' } });
    expect(found).toHaveLength(4);
  });
});

test('discrete observations are not standardised', () => {
  expect(problems({ ...lake, network: { squash: true } })).toEqual([
    'network.squash must be false, got true: the actions of Lake are no box (x.json)',
  ]);
  expect(problems({ environment: { id: 'Lake', normalizeObservations: true } })).toEqual([
    'environment.normalizeObservations must be false, got true: the observations of Lake are discrete (x.json)',
  ]);
  expect(problems(lake, 'environment.normalizeObservations=true')[0]).toContain(
    'are discrete (--set environment.normalizeObservations=true)',
  );
});

test('a config of leash fit is recognised, not taken apart', () => {
  expect(problems({ data: { file: 'flowers.csv' } })).toEqual([
    'x.json is a config of leash fit, not a config; leash fit x.json fits it',
  ]);
});

describe('the objective', () => {
  const objectiveProblems = (objective: object): string[] => problems({ ...lake, objective });

  test.each([
    [{}, { kind: 'clip', clipRange: 0.2 }],
    [{ kind: 'surrogate' }, { kind: 'surrogate' }],
    // What leash 0.1.0 called it.
    [{ kind: 'none' }, { kind: 'surrogate' }],
    [{ kind: 'klPenalty' }, { kind: 'klPenalty', beta: 1, adapt: null }],
    [
      { kind: 'clipAndKlPenalty', adapt: { rule: 'ziegler' } },
      {
        kind: 'clipAndKlPenalty',
        clipRange: 0.2,
        beta: 1,
        adapt: { rule: 'ziegler', target: 0.01, min: 1e-4, max: 1e4, horizon: 10_000 },
      },
    ],
    [{ kind: 'dualClip' }, { kind: 'dualClip', clipRange: 0.2, dualClip: 3 }],
    [{ kind: 'softClip' }, { kind: 'softClip', temperature: 2 }],
    [
      { kind: 'samplePenalty', clipRange: 0.1 },
      { kind: 'samplePenalty', clipRange: 0.1 },
    ],
  ])('%j is resolved to the keys of its kind alone, and again to itself', (objective, expected) => {
    const resolved = config({ ...lake, objective });
    expect(resolved.objective).toEqual(expected);
    expect(config(resolved)).toEqual(resolved);
  });

  test.each([
    [
      { kind: 'klPenalty', clipRange: 0.2 },
      'objective.clipRange does not belong to objective.kind "klPenalty"; it is a setting of clip, clipAndKlPenalty, dualClip, samplePenalty, spo, rollbackClip, softGate, trustRegionClip (x.json)',
    ],
    [
      { beta: 1 },
      'objective.beta does not belong to objective.kind "clip"; it is a setting of klPenalty, clipAndKlPenalty (x.json)',
    ],
    [
      { kind: 'softClip', dualClip: 3 },
      'objective.dualClip does not belong to objective.kind "softClip"; it is a setting of dualClip (x.json)',
    ],
    [{ kind: 'klPenalty', beta: 0 }, 'objective.beta must be > 0, got 0 (x.json)'],
    [{ kind: 'klPenalty', beta: -1 }, 'objective.beta must be > 0, got -1 (x.json)'],
    [
      { kind: 'klPenalty', adapt: { target: 0 } },
      'objective.adapt.target must be in (0, 100], got 0 (x.json)',
    ],
    [
      { kind: 'klPenalty', adapt: { horizon: 5 } },
      'objective.adapt.horizon does not belong to objective.adapt.rule "paper"; it is a setting of ziegler (x.json)',
    ],
    [
      { kind: 'klPenalty', adapt: { min: 50, max: 5 } },
      'objective.adapt.min must be at most objective.adapt.max 5, got 50 (x.json)',
    ],
    [
      { kind: 'klPenalty', beta: 9, adapt: { max: 5 } },
      'objective.beta must be in [0.0001, 5], the bounds of objective.adapt, got 9 (x.json)',
    ],
    [{ kind: 'dualClip', dualClip: 1 }, 'objective.dualClip must be > 1, got 1 (x.json)'],
    [
      { kind: 'clipHigher', clipRangeLow: 1.5 },
      'objective.clipRangeLow must be in (0, 1] or a schedule {"schedule": "linear" or "cosine", "from", "to"}, got 1.5 (x.json)',
    ],
    [
      { kind: 'clipHigher', clipRange: 0.2 },
      'objective.clipRange does not belong to objective.kind "clipHigher"; it is a setting of clip, clipAndKlPenalty, dualClip, samplePenalty, spo, rollbackClip, softGate, trustRegionClip (x.json)',
    ],
    [
      { kind: 'spo', clipRange: 0 },
      'objective.clipRange must be in (0, 10] or a schedule {"schedule": "linear" or "cosine", "from", "to"}, got 0 (x.json)',
    ],
    [
      { kind: 'rollbackClip', rollbackSlope: -0.3 },
      'objective.rollbackSlope must be in (0, 100], got -0.3 (x.json)',
    ],
    [
      { kind: 'softGate', gate: 'linear' },
      'objective.gate must be "linearRamp", "sigmoid" or "softMinimum", got "linear"; did you mean "linearRamp"? (x.json)',
    ],
    [{ kind: 'softGate', softness: 0 }, 'objective.softness must be in (0, 10], got 0 (x.json)'],
    [
      { kind: 'divergenceMask', divergence: 'js' },
      'objective.divergence must be "kl" or "tv", got "js" (x.json)',
    ],
    [
      { kind: 'divergenceMask', divergenceBound: -1 },
      'objective.divergenceBound must be in (0, 100] or a schedule {"schedule": "linear" or "cosine", "from", "to"}, got -1 (x.json)',
    ],
    [
      { kind: 'sapo', temperature: 2 },
      'objective.temperature does not belong to objective.kind "sapo"; it is a setting of softClip (x.json)',
    ],
  ])('%j is one clear line', (objective, line) => {
    expect(objectiveProblems(objective)).toEqual([line]);
  });

  test('of another kind by --set names the key of the file that does not belong', () => {
    const file = { ...lake, objective: { clipRange: 0.1 } };
    expect(problems(file, 'objective.kind=surrogate')).toEqual([
      'objective.clipRange does not belong to objective.kind "surrogate"; it is a setting of clip, clipAndKlPenalty, dualClip, samplePenalty, spo, rollbackClip, softGate, trustRegionClip (x.json)',
    ]);
  });

  test.each([0, -1])('δ %d is one clear line', (delta) => {
    expect(problems({ ...lake, trustRegion: { delta } })).toEqual([
      `trustRegion.delta must be in (0, 100] or a schedule {"schedule": "linear" or "cosine", "from", "to"}, got ${delta} (x.json)`,
    ]);
  });
});

describe('--set', () => {
  test('takes its type from the schema', () => {
    const resolved = config(
      lake,
      'seed=7',
      'description=5',
      'optimizer.maxGradientNorm=null',
      'optimizer.learningRate=1e-3',
      'network.policy.hidden=[32]',
      'environment.normalizeRewards=true',
      'advantage.standardize=none',
      'trustRegion.delta={"schedule":"cosine","from":0.1,"to":0.01}',
    );
    expect(resolved.seed).toBe(7);
    expect(resolved.description).toBe('5');
    expect(resolved.optimizer.maxGradientNorm).toBe(null);
    expect(resolved.optimizer.learningRate).toBe(1e-3);
    expect(resolved.network.policy.hidden).toEqual([32]);
    expect(resolved.environment.normalizeRewards).toBe(true);
    expect(resolved.advantage.standardize).toBe('none');
    expect(resolved.trustRegion.delta).toEqual({ schedule: 'cosine', from: 0.1, to: 0.01 });
  });

  test('reaches into a schedule, whether the file has one or not', () => {
    const scheduled = {
      ...lake,
      optimizer: { learningRate: { schedule: 'linear', from: 1e-2 } },
    };
    const expected = { schedule: 'linear', from: 1e-3, to: 0 };
    expect(config(scheduled, 'optimizer.learningRate.from=1e-3').optimizer.learningRate).toEqual(expected);
    const both = ['optimizer.learningRate.schedule=linear', 'optimizer.learningRate.from=1e-3'];
    expect(config(lake, ...both).optimizer.learningRate).toEqual(expected);
    expect(problems(lake, 'optimizer.learningRate.from=1e-3')[0]).toBe(
      'optimizer.learningRate.schedule must be "linear" or "cosine" or "klAdaptive", but is missing (--set optimizer.learningRate.from=1e-3)',
    );
  });

  test('reaches the options of the environment, typed by them, also of one it names itself', () => {
    const typed = config(lake, 'environment.options.slippery=false', 'environment.options.limit=null');
    expect(typed.environment.options).toEqual({ slippery: false, limit: null });
    const named = config({ environment: {} }, 'environment.options.limit=5', 'environment.id=Lake');
    expect(named.environment.options).toEqual({ slippery: true, limit: 5 });
  });

  test('lets the last one win', () => {
    expect(config(lake, 'seed=1', 'seed=2').seed).toBe(2);
  });

  test.each([
    ['seed=x', 'seed must be an integer in [0, 4294967295], got "x" (--set seed=x)'],
    ['seed=', 'seed must be an integer in [0, 4294967295], got "" (--set seed=)'],
    ['advantage.gaeLambda=2', 'advantage.gaeLambda must be in [0, 1], got 2 (--set advantage.gaeLambda=2)'],
    [
      'optimizer.learningRat=1',
      'optimizer.learningRat is not a setting; did you mean optimizer.learningRate? (--set optimizer.learningRat=1)',
    ],
    ['gaeLambda=0.9', 'gaeLambda is not a setting; did you mean advantage.gaeLambda? (--set gaeLambda=0.9)'],
    [
      'environment.options.sliperry=true',
      'environment.options.sliperry is not a setting; did you mean environment.options.slippery? (--set environment.options.sliperry=true)',
    ],
    [
      'network.policy.hidden.0=3',
      'network.policy.hidden.0 is not a setting; set network.policy.hidden as a whole (--set network.policy.hidden.0=3)',
    ],
    ['__proto__.x=1', /^__proto__.x is not a setting/],
    ['environment.id=Lago', 'there is no environment Lago (--set environment.id)'],
    [
      'network.policy.hidden=[1',
      "--set network.policy.hidden:1:3: not valid JSON: expected ',' or ']', found the end",
    ],
  ])('%s is one clear line', (assignment, line) => {
    expect(problems(lake, assignment)[0]).toEqual(
      line instanceof RegExp ? expect.stringMatching(line) : line,
    );
  });

  test('needs a path and an equals sign', () => {
    expect(() => parseAssignment('seed')).toThrow('--set needs path.to.key=value, got "seed"');
    expect(() => parseAssignment('=3')).toThrow(UserError);
  });
});

describe('an algorithm', () => {
  const trpo = { ...lake, algorithm: 'trpo' };
  const npg = { ...lake, algorithm: 'npg' };

  test.each([
    [
      'a minibatch size of PPO with TRPO',
      { ...trpo, ppo: { minibatchSize: 64 } },
      'ppo.minibatchSize has no effect with algorithm "trpo": its policy makes one step on the whole rollout; its value network has trpo.value (x.json)',
    ],
    [
      'a clip range with TRPO',
      { ...trpo, objective: { clipRange: { schedule: 'linear', from: 0.3 } } },
      'objective.clipRange.schedule has no effect with algorithm "trpo": its objective is the bare surrogate (x.json)',
    ],
    [
      'an entropy bonus with TRPO',
      { ...trpo, loss: { entropyCoefficient: 0.01 } },
      'loss.entropyCoefficient has no effect with algorithm "trpo": it has no entropy bonus, and its value loss is mean((V − R)²) (x.json)',
    ],
    [
      'a stop rule with TRPO',
      { ...trpo, trustRegion: { stop: null } },
      'trustRegion.stop has no effect with algorithm "trpo": its only step has nothing to stop before (x.json)',
    ],
    [
      'a rollback with TRPO',
      { ...trpo, trustRegion: { onOvershoot: 'rollback' } },
      'trustRegion.onOvershoot has no effect with algorithm "trpo": its line search accepts no step outside δ (x.json)',
    ],
    [
      'a line search without one',
      { ...npg, trpo: { lineSearch: { tries: 5 } } },
      'trpo.lineSearch.tries has no effect with algorithm "npg": it has no line search (x.json)',
    ],
    [
      'a setting of TRPO with PPO',
      { ...lake, trpo: { damping: 0.01 } },
      'trpo.damping has no effect with algorithm "ppo": set algorithm to "trpo" or "npg" (x.json)',
    ],
    [
      'a value minibatch beyond the rollout',
      { ...trpo, rollout: { steps: 8 } },
      'trpo.value.minibatchSize must be at most 32, the samples of a rollout (rollout.steps 8 × environment.copies 4), got 128 (x.json)',
    ],
    ['δ of 0', { ...trpo, trustRegion: { delta: 0 } }, /^trustRegion\.delta must be in \(0, 100\].*got 0/],
  ])('%s is one clear line', (_, written, line) => {
    expect(problems(written)[0]).toEqual(line instanceof RegExp ? expect.stringMatching(line) : line);
  });

  test('a setting it ignores is a mistake on the command line, default or not', () => {
    expect(problems(trpo, 'ppo.epochs=4')).toEqual([
      'ppo.epochs has no effect with algorithm "trpo": its policy makes one step on the whole rollout; its value network has trpo.value (--set ppo.epochs=4)',
    ]);
  });

  test.each([lake, trpo, npg])('a config as a run writes it, every field present, loads again', (written) => {
    const resolved = config(written);
    expect(config(resolved)).toEqual(resolved);
  });

  test('npg may roll back', () => {
    expect(problems({ ...npg, trustRegion: { onOvershoot: 'rollback' } })).toEqual([]);
  });
});

describe('loadConfig', () => {
  const folder = mkdtempSync(join(tmpdir(), 'leash-load-'));

  test('names a missing file, a folder and how many more problems there are', () => {
    expect(() => loadConfig('no/where.json', [], environments)).toThrow(
      'there is no config file no/where.json',
    );
    expect(() => loadConfig(folder, [], environments)).toThrow(`${folder} is a directory, not a config file`);
    const file = join(folder, 'three.json');
    writeFileSync(file, JSON.stringify({ ...lake, seed: -1, steps: 0, ppo: 3 }));
    expect(() => loadConfig(file, [], environments)).toThrow(
      `seed must be an integer in [0, 4294967295], got -1 (${file}) (and 2 more: leash config check ${file} lists all)`,
    );
  });

  test('says where every setting came from', () => {
    const file = join(folder, 'fine.json');
    writeFileSync(file, JSON.stringify({ ...lake, seed: 3, steps: 5000 }));
    const overrides = [parseAssignment('ppo.epochs=2'), { path: 'seed', text: '4', origin: '--seed' }];
    const { config: resolved, origins } = loadConfig(file, overrides, environments);
    expect(resolved.seed).toBe(4);
    expect(Object.fromEntries(origins)).toEqual({
      'environment.id': file,
      seed: '--seed',
      steps: file,
      'ppo.epochs': '--set',
    });
  });
});

test('a wrong option is told where it stands, whichever others are set', () => {
  const task = {
    vocabulary: ['a', 'b'],
    reward: { table: { answers: [{ answer: 'a', reward: 1 }] } },
  };
  const written = { environment: { id: 'TokenTask', options: task } };
  const problemsWith = (...set: string[]): readonly string[] | undefined =>
    resolveConfig(written, 'x.json', set.map(parseAssignment), environmentOptions).problems;
  expect(problemsWith('environment.options.length=2', 'environment.options.context=3')).toEqual([
    'environment.options.reward.table.answers.0.answer must be of length 2, got 1 tokens in "a" (x.json)',
  ]);
  expect(problemsWith('environment.options.length=0', 'environment.options.context=3')).toEqual([
    'environment.options.length must be an integer in [1, 64], got 0 (--set environment.options.length=0)',
  ]);
});
