import { appendFileSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { environmentOptions } from '../../envs/environment-options.ts';
import { FollowedRun } from '../../src/dashboard/followed-run.ts';
import { type Described, temporaryFolder, writeRun } from '../plot/runs-on-disk.ts';

function followed(status: string): FollowedRun {
  const run = new FollowedRun('a/seed-0', writeRun(temporaryFolder(), { status }), environmentOptions);
  run.look();
  return run;
}

it('a run that has ended is looked at again where something in its folder is another, and not else', () => {
  const changes: Readonly<Record<string, (path: string) => void>> = {
    rows: (path) => appendFileSync(join(path, 'metrics.jsonl'), '\n'),
    clock: (path) => writeFileSync(join(path, 'timing.jsonl'), '\n\n\n'),
    record: (path) => writeFileSync(join(path, 'run.json'), '{"status":"running"}'),
    labels: (path) => {
      writeFileSync(join(path, '.labels.tmp'), '{}');
      renameSync(join(path, '.labels.tmp'), join(path, 'labels.json'));
    },
    ledger: (path) => writeFileSync(join(path, 'ledger.jsonl'), ''),
    experiment: (path) => writeFileSync(join(path, '../../experiment.json'), '{}'),
  };
  for (const [name, change] of Object.entries(changes)) {
    const run = followed('completed');
    expect(run.isStill(), name).toBe(true);
    change(run.path);
    expect(run.isStill(), name).toBe(false);
    run.look();
    // One whose record says that it runs, and whose process does not, is dead.
    expect(run.isStill(), name).toBe(name !== 'record');
  }
});

it('a run that goes on, or is dead, which one on another machine only seems, is always looked at', () => {
  for (const status of ['running', 'dead']) expect(followed(status).isStill(), status).toBe(false);
});

it('of a run that has not completed the return is that of the last tenth of the updates it made', () => {
  const told = (status: string, described: Described = {}) => {
    const path = writeRun(temporaryFolder(), {
      status,
      updates: 40,
      config: { steps: 100_000 },
      ...described,
    });
    const run = new FollowedRun('a/seed-0', path, environmentOptions);
    run.look();
    return run.tell().figures?.returnMeanLastTenth;
  };
  // Updates 37 to 40 of 49, each with the return of a tenth of its number.
  for (const status of ['running', 'dead', 'failed']) expect(told(status), status).toBeCloseTo(3.85, 12);
  const row = (update: number) => (update > 36 ? { episodes: 0, returnMean: null } : {});
  expect(told('failed', { row })).toBeNull();
});

it('a fit has no figures of a training', () => {
  const path = writeRun(temporaryFolder(), {});
  const record = JSON.parse(readFileSync(join(path, 'run.json'), 'utf8'));
  const final = { crossEntropy: 0.5, entropyOfTarget: 0.4, kl: 0.1, accuracy: 1 };
  writeFileSync(join(path, 'run.json'), JSON.stringify({ ...record, final }));
  const row = { update: 1, gradientSteps: 1, ...final, learningRate: 0.1, gradientNorm: 1 };
  writeFileSync(join(path, 'metrics.jsonl'), `${JSON.stringify(row)}\n`);
  const run = new FollowedRun('a/seed-0', path, environmentOptions);
  run.look();
  expect(run.tell()).toMatchObject({ rows: 1, figures: null });
});
