import { appendFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { environmentOptions } from '../../envs/environment-options.ts';
import { FollowedRun } from '../../src/dashboard/followed-run.ts';
import { temporaryFolder, writeRun } from '../plot/runs-on-disk.ts';

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
