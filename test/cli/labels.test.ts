import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { compareCommand } from '../../src/cli/commands/compare.ts';
import { fitCommand } from '../../src/cli/commands/fit.ts';
import { runsListCommand } from '../../src/cli/commands/runs-list.ts';
import { trainCommand } from '../../src/cli/commands/train.ts';
import { describeFailure } from '../../src/cli/failure.ts';
import { runCommand, type Said } from './run-command.ts';

const folder = mkdtempSync(join(tmpdir(), 'leash-labels-'));
afterAll(() => rmSync(folder, { recursive: true }));
const runs = join(folder, 'runs');
const CONFIG = join(folder, 'bandit.json');
writeFileSync(
  CONFIG,
  JSON.stringify({
    steps: 128,
    environment: { id: 'BernoulliBandit', copies: 4 },
    rollout: { steps: 16 },
    network: { policy: { hidden: [] }, value: { hidden: [] } },
    ppo: { epochs: 1, minibatchSize: 32 },
  }),
);

let printed = '';
beforeEach(() => {
  printed = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed += String(text);
    return true;
  });
});
afterEach(() => vi.restoreAllMocks());

const recordOf = (run: string): { tags?: string[]; note?: string } =>
  JSON.parse(readFileSync(join(runs, run, 'run.json'), 'utf8'));
async function list(said: Partial<Said<typeof runsListCommand>>): Promise<{ path: string; note?: string }[]> {
  printed = '';
  await runCommand(runsListCommand, { runs, json: true, ...said });
  return JSON.parse(printed);
}
const namesOf = (listed: { path: string }[]): string[] =>
  listed.map(({ path }) => path.replace(`${runs}/`, '')).sort();

beforeAll(async () => {
  const train = (said: Partial<Said<typeof trainCommand>>) =>
    runCommand(trainCommand, { CONFIG, runs, quiet: true, ...said });
  await train({ name: 'one', tag: ['paper', 'fig:2'], note: 'with  δ = 0.02' });
  await train({ name: 'two', tag: 'paper', seeds: '2' });
  await train({ name: 'plain' });
  const fit = new URL('../../configs/fit-next-word.json', import.meta.url).pathname;
  await runCommand(fitCommand, { CONFIG: fit, runs, quiet: true, tag: 'words', set: 'epochs=1' });
});

it('tags and note stand in run.json, and in no run without', () => {
  expect(recordOf('one/seed-0')).toMatchObject({ tags: ['paper', 'fig:2'], note: 'with  δ = 0.02' });
  expect(recordOf('two/seed-1').tags).toEqual(['paper']);
  expect(Object.keys(recordOf('plain/seed-0'))).not.toContain('tags');
  expect(recordOf('fit-next-word/seed-0').tags).toEqual(['words']);
});

it('leash runs --tag lists those with all of the tags, and the list shows them', async () => {
  expect(namesOf(await list({ tag: 'paper' }))).toEqual(['one/seed-0', 'two/seed-0', 'two/seed-1']);
  expect(namesOf(await list({ tag: ['paper', 'fig:2'] }))).toEqual(['one/seed-0']);
  expect(namesOf(await list({ where: 'tags=words' }))).toEqual(['fit-next-word/seed-0']);
  // One of several is enough.
  expect(namesOf(await list({ where: 'tag=fig:2' }))).toEqual(['one/seed-0']);
  expect(namesOf(await list({ where: 'tags != paper' }))).toEqual(['fit-next-word/seed-0', 'plain/seed-0']);
  printed = '';
  await runCommand(runsListCommand, { runs });
  const lines = printed.split('\n');
  expect(lines[0]).toMatch(/size +tags +note$/);
  expect(lines.find((line) => line.includes('/one/seed-0'))).toMatch(/paper fig:2 +with {2}δ = 0\.02$/);
  printed = '';
  await runCommand(runsListCommand, { runs, where: 'name=plain' });
  expect(printed.split('\n')[0]).toMatch(/size$/);
});

it('an experiment has them, and its runs, those that were there before too', async () => {
  const compare = (said: Partial<Said<typeof compareCommand>>) =>
    runCommand(compareCommand, { CONFIG: [CONFIG], runs, name: 'both', json: true, ...said });
  await compare({ seeds: '1' });
  await compare({ seeds: '2', tag: 'later', note: 'more seeds' });
  expect(JSON.parse(readFileSync(join(runs, 'both', 'experiment.json'), 'utf8'))).toMatchObject({
    format: 'leash-experiment-1',
    tags: ['later'],
    note: 'more seeds',
  });
  expect(recordOf('both/bandit/seed-0').tags).toBeUndefined();
  expect(recordOf('both/bandit/seed-1')).toMatchObject({ tags: ['later'], note: 'more seeds' });
  const listed = await list({ tag: 'later' });
  expect(namesOf(listed)).toEqual(['both/bandit/seed-0', 'both/bandit/seed-1']);
  expect(listed[0]?.note).toBe('more seeds');
  // Without labels the marker stays as it is.
  await compare({ seeds: '2' });
  expect(namesOf(await list({ tag: 'later' }))).toHaveLength(2);
});

it.each<[string, () => Promise<unknown>, string]>([
  [
    'a tag of two words',
    () => runCommand(trainCommand, { CONFIG, runs, name: 'no', tag: 'a b' }),
    '--tag must be a word of at most 60 letters, digits and _ . : / @ + = -, got "a b"',
  ],
  [
    'an empty note',
    () => runCommand(trainCommand, { CONFIG, runs, name: 'no', note: ' ' }),
    '--note must be a text of 1 to 500 characters, got " "',
  ],
  [
    'a long note of an experiment',
    () => runCommand(compareCommand, { CONFIG: [CONFIG], runs, name: 'no', note: 'x'.repeat(501) }),
    '--note must be a text of 1 to 500 characters, got 501',
  ],
  [
    'a tag that no run has',
    () => list({ tag: 'papers' }),
    '--tag: no run has the tag papers; did you mean paper?',
  ],
])('%s is refused in one line, and nothing is made', async (_, call, line) => {
  const failure = await call().then(() => undefined, describeFailure);
  expect(failure).toEqual({ text: `leash: ${line}`, exitCode: 2 });
  expect(() => recordOf('no/seed-0')).toThrow('ENOENT');
});
