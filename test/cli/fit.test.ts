import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { describeFailure } from '../../src/cli/failure.ts';
import type { FitRecord } from '../../src/fit/fit.ts';
import { readFitRows } from '../../src/node/read-run.ts';
import { fitCommand } from '../../src/cli/commands/fit.ts';
import { runCommand, type Said } from './run-command.ts';

let runs: string;
beforeAll(() => {
  runs = mkdtempSync(join(tmpdir(), 'leash-fit-cli-'));
});
afterAll(() => rmSync(runs, { recursive: true }));

/** What `leash fit` prints. */
async function leashFit(flags: Partial<Said<typeof fitCommand>>): Promise<string> {
  let printed = '';
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed += String(text);
    return true;
  });
  try {
    await runCommand(fitCommand, { CONFIG: 'configs/fit-next-word.json', runs, ...flags });
  } finally {
    write.mockRestore();
  }
  return printed;
}

describe('leash fit', () => {
  it('prints ten lines of epochs, one example and where the run is', async () => {
    const lines = (await leashFit({ name: 'lines' })).split('\n');
    expect(lines[0]).toBe(
      `next-token model, seed 0, 43 examples, 43 inputs, 43 classes; ${runs}/lines/seed-0`,
    );
    expect(lines.filter((line) => line.startsWith('epoch'))).toHaveLength(11);
    expect(lines[1]).toMatch(
      /^epoch {3}1\/300 {2}H\(P,Q\) [\d.]+ {2}H\(P\) 0\.925711 {2}KL [\d.]+ {2}accuracy 0\.\d{3}$/,
    );
    expect(lines).toContain('P and Q after “the”');
    expect(lines).toContain(`run       ${runs}/lines/seed-0`);
  });

  it('prints one JSON object with --json, nothing with --quiet', async () => {
    const printed = await leashFit({ name: 'json', json: true, set: 'epochs=2', seed: '3' });
    const record = JSON.parse(printed) as FitRecord & { path: string };
    expect(record.path).toBe(join(runs, 'json', 'seed-3'));
    expect(readFitRows(record.path)).toHaveLength(2);
    expect(await leashFit({ name: 'quiet', quiet: true, set: 'epochs=2' })).toBe('');
    expect(existsSync(join(runs, 'quiet', 'seed-0', 'run.json'))).toBe(true);
  });

  it('shows the flower that is fitted worst where no target is uncertain', async () => {
    const printed = await leashFit({ CONFIG: 'configs/fit-flowers.json', name: 'worst' });
    expect(printed).toMatch(/\nP and Q of line \d+\n/);
    expect(printed).toContain('accuracy  0.9067; the best that any model can have is 1');
  });

  it('says what equal inputs of different classes leave to be reached', async () => {
    const [CONFIG, data] = [join(runs, 'equal.json'), join(runs, 'equal.csv')];
    writeFileSync(data, 'x,y\n1,a\n1,b\n');
    writeFileSync(
      CONFIG,
      JSON.stringify({ data: { file: 'equal.csv', table: { features: ['x'], target: ['y'] } } }),
    );
    const printed = await leashFit({ CONFIG, name: 'equal' });
    expect(printed).toContain('now; the least that any model can have is 0.693147\n');
    expect(printed).toContain(
      'H(P)      0.000000 all along; the least that the loss can be is 0.693147:\n          2 of 2 examples have the same input as one with another target\n',
    );
    expect(printed).toContain('the best that any model can have is 0.5\n');
    const record = JSON.parse(readFileSync(join(runs, 'equal', 'seed-0', 'run.json'), 'utf8')) as FitRecord;
    expect(record).toMatchObject({ bestAccuracy: 0.5, contradicted: 2 });
    expect(record.leastCrossEntropy).toBeCloseTo(Math.LN2, 15);
    expect(record.final.crossEntropy).toBeCloseTo(record.leastCrossEntropy, 6);
  });

  it.each<[string, Partial<Said<typeof fitCommand>>, string]>([
    [
      'a config that is not there',
      { CONFIG: 'nothing.json' },
      `there is no config nothing.json; looked for nothing.json in ${process.cwd()}, in configs and configs/studies there`,
    ],
    [
      'a run that is there',
      { name: 'lines' },
      'RUNS/lines/seed-0 is there already, completed after update 300; say --replace to make it anew, choose another --name or --seed, or remove it: leash runs rm RUNS/lines/seed-0 --runs RUNS',
    ],
    [
      'a wrong setting',
      { set: 'data.text.tokens=letters' },
      'data.text.tokens must be "words", "characters" or "spaced", got "letters" (--set data.text.tokens=letters)',
    ],
    [
      'data that is not there',
      { set: 'data.file=data/none.txt' },
      `data.file: there is no file ${process.cwd()}/data/none.txt (--set data.file=data/none.txt)`,
    ],
  ])('answers %s with one line', async (_, flags, line) => {
    const failure = await leashFit(flags).then(() => undefined, describeFailure);
    expect(failure?.text.replaceAll(runs, 'RUNS')).toBe(`leash: ${line}`);
    expect(failure?.exitCode).toBe(2);
  });
});
