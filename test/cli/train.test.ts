import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { describeFailure } from '../../src/cli/failure.ts';
import { summaryOf } from '../../src/cli/print/training.ts';
import { configOf } from '../../src/library/config.ts';
import type { RunRecord } from '../../src/run/record.ts';
import { trainCommand } from '../../src/cli/commands/train.ts';
import { runCommand, type Said } from './run-command.ts';

const folder = mkdtempSync(join(tmpdir(), 'leash-train-'));

function config(name: string, content: unknown): string {
  const file = join(folder, name);
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  return file;
}

const fine = { environment: { id: 'CartPole-v1' } };
const map = (rows: string[]): unknown => ({ environment: { id: 'GridWorld', options: { map: rows } } });

test.each<[string, string, unknown, Partial<Said<typeof trainCommand>>, string]>([
  [
    'an unknown key',
    'a.json',
    { ...fine, optimiser: {} },
    {},
    'optimiser is not a setting; did you mean optimizer? (FILE)',
  ],
  [
    'a wrong type',
    'b.json',
    { ...fine, ppo: { epochs: '4' } },
    {},
    'ppo.epochs must be an integer in [1, 1000], got "4" (FILE)',
  ],
  [
    'a value out of range',
    'c.json',
    { ...fine, advantage: { gaeLambda: 1.5 } },
    {},
    'advantage.gaeLambda must be in [0, 1], got 1.5 (FILE)',
  ],
  [
    'malformed JSON',
    'd.json',
    '{\n  "seed": 1,\n}',
    {},
    "FILE:3:1: not valid JSON: expected a key in double quotes, found '}'",
  ],
  [
    'an unknown environment',
    'e.json',
    { environment: { id: 'CartPole' } },
    {},
    "environment.id 'CartPole' is not a known environment; did you mean CartPole-v1? (FILE)",
  ],
  [
    'a map without a start',
    'f.json',
    map(['..', '.G']),
    {},
    '/environment\\.options\\.map .*start.*\\(FILE\\)/',
  ],
  [
    'a map without a goal',
    'g.json',
    map(['S.', '..']),
    {},
    '/environment\\.options\\.map .*goal.*\\(FILE\\)/',
  ],
  ['a ragged map', 'h.json', map(['S..', '.G']), {}, '/environment\\.options\\.map .*row 2.*\\(FILE\\)/'],
  [
    'zero steps',
    'i.json',
    { ...fine, steps: 0 },
    {},
    'steps must be an integer in [1, 1000000000000], got 0 (FILE)',
  ],
  [
    'zero steps of --steps',
    'j.json',
    fine,
    { steps: '0' },
    'steps must be an integer in [1, 1000000000000], got 0 (--steps)',
  ],
  [
    'a --seed that is no number',
    'k.json',
    fine,
    { seed: 'x' },
    'seed must be an integer in [0, 4294967295], got "x" (--seed)',
  ],
  [
    '--set on a missing path',
    'l.json',
    fine,
    { set: 'ppo.epoch=3' },
    'ppo.epoch is not a setting; did you mean ppo.epochs? (--set ppo.epoch=3)',
  ],
  ['--set without a value', 'm.json', fine, { set: 'seed' }, '--set needs path.to.key=value, got "seed"'],
  [
    'a name with a slash',
    'n.json',
    fine,
    { name: 'a/b' },
    '--name must be a folder name without slashes, got "a/b"',
  ],
])('%s is answered with one line and exit 2, nothing written', async (_, name, content, flags, expected) => {
  const file = config(name, content);
  const runs = join(folder, 'untouched');
  const failure = describeFailure(
    await runCommand(trainCommand, { CONFIG: file, runs, ...flags }).catch((error) => error),
  );
  const line = `leash: ${expected}`.replace('FILE', file);
  if (expected.startsWith('/'))
    expect(failure.text).toMatch(new RegExp(expected.slice(1, -1).replace('FILE', file)));
  else expect(failure.text).toBe(line);
  expect(failure.text).not.toContain('\n');
  expect(failure.exitCode).toBe(2);
  expect(existsSync(runs)).toBe(false);
});

test('the summary says what was learned against the best known, KL against δ, and what to type next', () => {
  const record: RunRecord = {
    name: 'x',
    seed: 0,
    status: 'interrupted',
    versions: { leash: '0', node: 'v20', v8: '11' },
    platform: 'linux x64',
    engine: 'wasm',
    startedAt: '',
    seconds: 2,
    updatesPlanned: 20,
    updates: 10,
    steps: 5120,
    episodes: 1200,
    final: {
      returnMeanLastTenth: 0.73456,
      klOldNewMean: 0.0123,
      klOldNewMax: 0.031,
      updatesOutsideDelta: 2,
      gradientStepsPlanned: 160,
      gradientStepsApplied: 150,
    },
  };
  const { trustRegion } = configOf({ environment: { id: 'BernoulliBandit' }, steps: 5120 });
  const lines = summaryOf(record, 'runs/x/seed-0', trustRegion, { value: 0.7442, how: 'exact' });
  expect(lines).toEqual([
    'stopped  interrupted after update 10 of 20',
    'return   0.7346 over the last tenth of training; best known 0.7442 (exact)',
    'KL       mean 0.0123, largest 0.031, δ 0.02; 2 of 10 updates ended outside δ',
    'gradient 150 of 160 planned steps',
    'steps    5,120 in 2.0 s, 2,560 steps/s; 1,200 episodes',
    'run      runs/x/seed-0',
    'next     leash evaluate runs/x/seed-0',
  ]);
  const stuck = {
    ...record,
    status: 'completed',
    final: { ...record.final, returnMeanLastTenth: null },
  } as RunRecord;
  expect(summaryOf(stuck, 'runs/x/seed-0', trustRegion, undefined)[0]).toBe(
    'return   no episode ended in the last tenth of training',
  );
  const falling = { ...trustRegion, delta: { schedule: 'linear', from: 0.02, to: 0 } } as const;
  // In update 10 of 20, the last that was made, 0.02 · (1 − 9/20).
  expect(summaryOf(record, 'runs/x/seed-0', falling, undefined)).toContain(
    'KL       mean 0.0123, largest 0.031, δ 0.02 to 0.011; 2 of 10 updates ended outside δ',
  );
  const inStates = summaryOf(record, 'runs/x/seed-0', { ...trustRegion, over: 'max' }, undefined);
  expect(inStates).toContain(
    'KL       mean 0.0123, largest of a state 0.031, δ 0.02 in each state; 2 of 10 updates ended outside δ',
  );
});
