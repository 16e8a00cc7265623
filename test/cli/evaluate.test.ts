import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { describeFindings, type Findings, runEvaluate } from '../../src/cli/evaluate.ts';

test('a run without a policy is named with its status', async () => {
  const run = mkdtempSync(join(tmpdir(), 'leash-evaluate-'));
  const config = {
    environment: { id: 'CartPole-v1', options: { timeLimit: 500 } },
    seed: 0,
    engine: 'reference',
  };
  writeFileSync(join(run, 'config.json'), JSON.stringify(config));
  writeFileSync(join(run, 'run.json'), JSON.stringify({ status: 'running' }));
  const given = { RUN: run, episodes: '1', seed: '0' };
  await expect(runEvaluate(given)).rejects.toThrow(`${run} has no policy; its run.json says running`);
});

test('the mean stands beside its interval, the exact expectation and the best known return', () => {
  const findings: Findings = {
    run: 'runs/x/seed-0',
    environment: 'FrozenLake-v1',
    mode: 'greedy',
    seed: 3,
    returns: { mean: 0.73, low: 0.6412, high: 0.8188, samples: 100, min: 0, max: 1 },
    lengthMean: 38.5,
    success: 0.73,
    expectedReturn: 0.74021,
    bestReturn: { value: 0.74421, how: 'exact' },
  };
  expect(describeFindings(findings)).toEqual([
    'episodes 100 of FrozenLake-v1 with the likeliest actions, seed 3',
    'return   mean 0.73, 95% interval 0.6412 to 0.8188; from 0 to 1',
    'success  73% of episodes returned 1',
    'exact    0.7402, the policy’s expected return by dynamic programming',
    'best     0.7442 (exact)',
    'length   mean 38.5 steps',
  ]);
});
