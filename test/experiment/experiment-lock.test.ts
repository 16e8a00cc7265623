import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openExperiment } from '../../src/experiment/experiment-directory.ts';
import { ownerHere } from '../../src/run/owner.ts';

const root = mkdtempSync(join(tmpdir(), 'leash-lock-'));
const locks = (path: string): string[] => readdirSync(path).filter((name) => name.startsWith('.lock.'));

/** An experiment that has a run, so that it stays. */
function used(name: string) {
  const experiment = openExperiment(root, name);
  mkdirSync(join(experiment.path, 'a'));
  return experiment;
}

it('one at a time holds the folder, and the other is told who', () => {
  const first = used('held');
  expect(() => openExperiment(root, 'held')).toThrow(
    `process ${process.pid} is at work in ${first.path}; wait for it, or choose another --name`,
  );
  first.release();
  const second = openExperiment(root, 'held');
  expect(() => openExperiment(root, 'held')).toThrow('is at work in');
  second.release();
  openExperiment(root, 'held').release();
  expect(locks(first.path)).toHaveLength(1);
});

it('what a dead process left is taken over, whatever it is', () => {
  const { path, release } = used('stale');
  release();
  const [last] = locks(path) as [string];
  const [, , token] = last.split('.');
  const dead = { ...ownerHere('leash-lock-1'), processStart: '1' };
  const left = ['', '{"pid":', 'null', JSON.stringify(dead), `${JSON.stringify(ownerHere('x'))}\nreleased\n`];
  left.forEach((text, i) => {
    writeFileSync(join(path, `.lock.${token}.${i + 10}`), text);
    // A lock that cannot be read may be one that is being written, for ten seconds.
    const isHalf = i < 3;
    if (isHalf) expect(() => openExperiment(root, 'stale')).toThrow('another process is at work in');
    if (isHalf) rmSync(join(path, `.lock.${token}.${i + 10}`));
    openExperiment(root, 'stale').release();
  });
});

it.each([
  ['of a process that is gone', '4194304\n'],
  ['that is empty', ''],
  ['of no number', 'x\n'],
])('the lock of leash 0.1.0 %s is cleared away', (name, text) => {
  const { path, release } = used(`old ${name}`);
  release();
  writeFileSync(join(path, 'lock'), text);
  openExperiment(root, `old ${name}`).release();
  expect(existsSync(join(path, 'lock'))).toBe(false);
});

it('the lock of leash 0.1.0 of a process that lives is respected', () => {
  const { path, release } = used('old');
  release();
  writeFileSync(join(path, 'lock'), `${process.ppid}\n`);
  expect(() => openExperiment(root, 'old')).toThrow(
    `process ${process.ppid} is at work in ${path}; wait for it, or choose another --name, or remove ${path}/lock if it is no leash`,
  );
});

it('an experiment made for nothing leaves nothing, one that was there stays', () => {
  openExperiment(join(root, 'deep', 'runs'), 'none').release();
  expect(existsSync(join(root, 'deep'))).toBe(false);
  const { path, release } = used('some');
  release();
  openExperiment(root, 'some').release();
  expect(readdirSync(path).sort()).toEqual([...locks(path), 'a', 'experiment.json'].sort());
});

it('what is no experiment’s is refused, files too, and left as it is', () => {
  mkdirSync(join(root, 'mine'));
  writeFileSync(join(root, 'mine', 'notes'), 'mine');
  writeFileSync(join(root, 'file'), 'mine');
  for (const name of ['mine', 'file']) {
    expect(() => openExperiment(root, name)).toThrow(
      `${join(root, name)} is there already and is no experiment's; choose another --name`,
    );
  }
  expect(readdirSync(join(root, 'mine'))).toEqual(['notes']);
});

it('an experiment whose folder was taken writes nothing into the other’s', () => {
  const experiment = used('taken');
  renameSync(experiment.path, `${experiment.path}-moved`);
  const other = openExperiment(root, 'taken');
  const before = readdirSync(other.path);
  const lost = /taken was removed or replaced; the experiment in it ends and leaves it alone/;
  expect(() => experiment.writeReport('report.json', '{}')).toThrow(lost);
  experiment.release();
  expect(readdirSync(other.path)).toEqual(before);
  expect(() => openExperiment(root, 'taken')).toThrow('is at work in');
  other.release();
});
