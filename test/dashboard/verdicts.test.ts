import { appendFileSync, existsSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { environmentOptions } from '../../envs/environment-options.ts';
import { FollowedRun } from '../../src/dashboard/followed-run.ts';
import { Verdicts } from '../../src/dashboard/verdicts.ts';
import { temporaryFolder, writeRun } from '../plot/runs-on-disk.ts';

let root: string;
let verdicts: Verdicts;

beforeEach(() => {
  root = temporaryFolder();
  for (const name of ['a', 'b', 'c', 'broken', 'gone', 'refused']) writeRun(root, { name });
  verdicts = new Verdicts(root, new URL('waiting-verdict.js', import.meta.url));
});
afterEach(() => verdicts.close());

const of = (...names: string[]) =>
  verdicts.answer(names.map((name) => new FollowedRun(name, join(root, name, 'seed-0'), environmentOptions)));
const asked = (): string[] =>
  existsSync(join(root, 'asked')) ? readFileSync(join(root, 'asked'), 'utf8').trimEnd().split('\n') : [];
const go = (): void => writeFileSync(join(root, 'go'), '');

describe('verdicts', () => {
  it('are made elsewhere, one at a time; the same question waits for the same answer', async () => {
    const both = Promise.all([of('a', 'b'), of('a', 'b'), of('b', 'c')]);
    await vi.waitFor(() => expect(asked()).toEqual(['a,b']), 200_000);
    // This thread is free meanwhile: it says go.
    go();
    expect((await both).map(({ sentences }) => sentences)).toEqual([
      ['a', 'b'],
      ['a', 'b'],
      ['b', 'c'],
    ]);
    expect(asked()).toEqual(['a,b', 'b,c']);
    await of('a', 'b');
    expect(asked()).toHaveLength(2);
    // Another row is another question.
    appendFileSync(join(root, 'b/seed-0/metrics.jsonl'), '\n');
    await of('a', 'b');
    expect(asked().slice(2)).toEqual(['a,b']);
  });

  it('that fail or are refused say so, and keep no other from being made', async () => {
    go();
    await expect(of('broken', 'a')).rejects.toThrow('broken on purpose');
    await expect(of('gone', 'a')).rejects.toThrow('the thread of a verdict ended with code 3');
    await expect(of('refused', 'a')).rejects.toThrow('it is refused');
    // What was wrong may have gone by.
    await expect(of('refused', 'a')).rejects.toThrow('it is refused');
    expect(asked().filter((each) => each === 'refused,a')).toHaveLength(2);
    await expect(of('a')).rejects.toThrow('select runs of two folders or more');
  });

  it('are not made any more once the dashboard has ended', async () => {
    const [first, second] = [of('a', 'b'), of('b', 'c')].map((each) =>
      each.catch((error: Error) => error.message),
    );
    await vi.waitFor(() => expect(asked()).toEqual(['a,b']), 200_000);
    await verdicts.close();
    expect([await first, await second]).toEqual(['the dashboard has ended', 'the dashboard has ended']);
    expect(asked()).toEqual(['a,b']);
  });

  it('are of no folder that is a link', async () => {
    renameSync(join(root, 'a/seed-0'), join(root, 'elsewhere'));
    symlinkSync(join(root, 'elsewhere'), join(root, 'a/seed-0'));
    await expect(of('a', 'b')).rejects.toThrow('seed-0: its folder is a link, which is not followed');
    expect(asked()).toEqual([]);
  });

  it('are of nothing that a link leads to', async () => {
    const file = join(root, 'a/seed-0/metrics.jsonl');
    renameSync(file, join(root, 'elsewhere'));
    symlinkSync(join(root, 'elsewhere'), file);
    await expect(of('a', 'b')).rejects.toThrow('seed-0: its metrics.jsonl is a link, which is not followed');
    expect(asked()).toEqual([]);
  });
});
