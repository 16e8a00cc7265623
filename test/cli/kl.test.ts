import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Divergences } from '../../src/distributions/divergences.ts';
import type { Limits, SampleEstimates } from '../../src/distributions/samples.ts';
import { describeFailure } from '../../src/cli/failure.ts';
import { kl, klFromLogits } from '../../src/divergence/kl.ts';
import { fromCounts } from '../../src/divergence/distribution.ts';
import { klCommand } from '../../src/cli/commands/kl.ts';
import { runCommand, type Said } from './run-command.ts';
import { built } from '../built.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'leash-kl-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

/** What `leash kl` prints. */
async function leashKl(flags: Said<typeof klCommand>): Promise<string> {
  let printed = '';
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed += String(text);
    return true;
  });
  try {
    await runCommand(klCommand, flags);
  } finally {
    write.mockRestore();
  }
  return printed;
}

/** What `--json` prints. */
type Printed = Divergences & { labels: string[]; q: number[]; estimates: SampleEstimates[]; limits: Limits };

async function leashKlJson(flags: Said<typeof klCommand>): Promise<Printed> {
  return JSON.parse(await leashKl({ ...flags, json: true })) as Printed;
}

/** The line and exit code that a command line ends with. */
async function mistakeOf(flags: Said<typeof klCommand>): Promise<{ text: string; exitCode: number }> {
  try {
    await leashKl(flags);
  } catch (error) {
    const { text, exitCode } = describeFailure(error);
    return { text: text.replaceAll(folder, 'folder'), exitCode };
  }
  throw new Error('it printed a result');
}

const bags = { p: '0.5,0.3,0.2', q: '0.4,0.4,0.2', labels: 'red,blue,green' };

describe('leash kl', () => {
  it('shows both bags, the shares, both directions and why they differ', async () => {
    const printed = await leashKl(bags);
    expect(printed).toContain('red    0.5  ████████████████  0.4  ████████████▊       0.111572   -0.089257');
    expect(printed).toMatch(/KL {4}0\.025267 {4}0\.025815/);
    expect(printed).toMatch(/KL\(P‖Q\) {2}0\.025267/);
    expect(printed).toContain('KL(Q‖P) is larger, most of all because of “blue”: P gives it 0.3 and Q 0.4');
    expect(printed).toContain('H(P) + KL(P‖Q) = 1.054920 = H(P,Q)');
  });

  it('says the same in bits, each figure of information divided by log 2', async () => {
    const [nats, bits] = [await leashKlJson(bags), await leashKlJson({ ...bags, bits: true })];
    for (const name of ['entropyP', 'entropyQ', 'crossEntropy', 'klPQ', 'klQP', 'jensenShannon'] as const) {
      expect(bits[name]).toBeCloseTo((nats[name] ?? Number.NaN) / Math.LN2, 14);
    }
    expect(bits.totalVariation).toBe(nats.totalVariation);
  });

  it('shares of the sum add up to the KL of their direction', async () => {
    const { sharesPQ, sharesQP, klPQ, klQP } = await leashKlJson(bags);
    const sum = (shares: readonly number[]): number => shares.reduce((total, share) => total + share, 0);
    expect(sum(sharesPQ)).toBeCloseTo(klPQ, 15);
    expect(sum(sharesQP)).toBeCloseTo(klQP, 15);
  });

  it('takes counts and divides them by their sum', async () => {
    const { klPQ } = await leashKlJson({ p: '5,3,2', q: '40,40,20', counts: true });
    expect(klPQ).toBe(kl(fromCounts([5, 3, 2]), fromCounts([40, 40, 20])));
  });

  it('takes logits, and stays finite where their softmax underflows', async () => {
    const found = await leashKlJson({ p: '0,800', q: '0,-800', logits: true });
    expect([found.klPQ, found.klQP, found.crossEntropy]).toEqual([800, 800, 800]);
    expect(found.sharesPQ).toEqual([0, 800]);
  });

  it('compares Gaussians of several dimensions', async () => {
    const found = await leashKlJson({ p: '0,1,0,2', q: '1,2,0,1', gaussian: true });
    expect(found.sharesPQ[0]).toBeCloseTo(Math.log(2) + 2 / 8 - 0.5, 14);
    expect(found.sharesPQ[1]).toBeCloseTo(-Math.log(2) + 4 / 2 - 0.5, 14);
    expect(found.why).toBe(
      'KL(Q‖P) is larger, most of all because of dimension “0”: Q is wider there (σ 2 against 1), so it draws points far out more often than P expects.',
    );
    expect(await leashKl({ p: '0,1', q: '1,2', gaussian: true })).toContain('0 ± 1');
  });

  it('names the outcome that makes KL infinite', async () => {
    const printed = await leashKl({ p: '0.5,0.3,0.2', q: '0.5,0.5,0', labels: 'a,b,c' });
    expect(printed).toContain('KL(P‖Q) is infinite: P gives “c” 0.2, Q gives it 0; KL(Q‖P) is finite');
    const both = await leashKlJson({ p: '0.5,0.5,0', q: '0.5,0,0.5', labels: 'a,b,c' });
    expect([both.klPQ, both.klQP]).toEqual(['Infinity', 'Infinity']);
    expect(both.why).toContain('P gives “b” 0.5, Q gives it 0');
    expect(both.why).toContain('Q gives “c” 0.5, P gives it 0');
  });

  it('says that equal distributions are equal', async () => {
    const { why, klPQ } = await leashKlJson({ p: '1/3,2/3', q: '1/3,2/3' });
    expect(klPQ).toBe(0);
    expect(why).toBe('P and Q are the same, so both directions are 0.');
  });

  const close = 'P and Q are so close that both directions are the same to the last digit.';
  const symmetric = 'They agree: with equal standard deviations the KL of Gaussians is symmetric.';
  const wider = (y: string, x: string, most: string, least: string): string =>
    `KL(${y}‖${x}) is larger: ${y} is wider (σ ${most} against ${least}), so it draws points far out more often than ${x} expects.`;
  const finite = (which: string): string => ` ${which} finite, but beyond the largest double, 1.8e308.`;
  it.each<[string, string, Said<typeof klCommand>, unknown, unknown, string]>([
    // Gaussians
    ['0,1e-200', '0,1e-200', { gaussian: true }, 0, 0, 'P and Q are the same, so both directions are 0.'],
    [
      '1,1e-200',
      '1,2e-200',
      { gaussian: true },
      0.3181471805599453,
      0.8068528194400547,
      wider('Q', 'P', '2e-200', '1e-200'),
    ],
    ['0,1e-200', '1e-200,1e-200', { gaussian: true }, 0.5, 0.5, symmetric],
    ['0,1e-200', '1,1e-200', { gaussian: true }, 'Infinity', 'Infinity', symmetric + finite('Both are')],
    ['0,1e200', '1e200,1e200', { gaussian: true }, 0.5, 0.5, symmetric],
    ['0,1e200', '1,1e200', { gaussian: true }, 0, 0, `${symmetric} Both round to 0.`],
    ['1e308,1e308', '-1e308,1e308', { gaussian: true }, 2, 2, symmetric],
    [
      '0,5e-324',
      '0,1.7e308',
      { gaussian: true },
      1453.6669088146095,
      'Infinity',
      wider('Q', 'P', '1.7e+308', '5e-324') + finite('KL(Q‖P) is'),
    ],
    ['1e-200,1', '0,1', { gaussian: true }, 0, 0, `${symmetric} Both round to 0.`],
    [
      '0,1',
      '0,1.000001',
      { gaussian: true },
      expect.closeTo(1e-12, 17),
      expect.closeTo(1e-12, 17),
      wider('Q', 'P', '1.000001', '1'),
    ],
    [
      '0,1',
      '0,1.0000000000000002',
      { gaussian: true },
      expect.closeTo(0, 30),
      expect.closeTo(0, 30),
      'P and Q are so nearly as wide that both directions are the same to the last digit.',
    ],
    [
      '0,1,0,2',
      '0,2,0,1',
      { gaussian: true },
      1.125,
      1.125,
      'They agree here by chance: what one direction gains in some dimensions it loses in others.',
    ],
    // probabilities
    ['0,1', '0,1', {}, 0, 0, 'P and Q are the same, so both directions are 0.'],
    [
      '1/3,2/3',
      '0.3333333333333333,0.6666666666666667',
      {},
      expect.closeTo(0, 30),
      expect.closeTo(0, 30),
      close,
    ],
    ['5e-324,1', '1e-323,1', {}, 0, 0, `${close} Both round to 0.`],
    [
      '5e-324,1',
      '0,1',
      {},
      'Infinity',
      5e-324,
      'KL(P‖Q) is infinite: P gives “0” 5e-324, Q gives it 0; KL(Q‖P) is finite, for P allows all that Q does.',
    ],
    [
      '0.5,0.3,0.2',
      '0.5001,0.2999,0.2',
      {},
      expect.closeTo(2.667e-8, 11),
      expect.closeTo(2.667e-8, 11),
      'KL(P‖Q) is larger, most of all because of “1”: P gives it 0.3 and Q 0.2999, so KL(P‖Q) counts its log-ratio 0.3 times and KL(Q‖P) only 0.2999 times.',
    ],
    [
      '1e308,1e308',
      '5e-324,5e-324',
      { counts: true },
      0,
      0,
      'P and Q are the same, so both directions are 0.',
    ],
    // logits
    [
      '1e308,-1e308',
      '1e308,-1e308',
      { logits: true },
      0,
      0,
      'P and Q are the same, so both directions are 0.',
    ],
    ['0.1,0.2', '1.1,1.2', { logits: true }, expect.closeTo(0, 30), expect.closeTo(0, 30), close],
    [
      '0,0',
      '1e308,-1e308',
      { logits: true },
      1e308,
      Math.LN2,
      'KL(P‖Q) is larger, most of all because of “1”: P gives it 0.5 and Q under e^-1.7e+308, so KL(P‖Q) counts its log-ratio 0.5 times and KL(Q‖P) only under e^-1.7e+308 times.',
    ],
    [
      '1e308,-1e308',
      '-1e308,1e308',
      { logits: true },
      'Infinity',
      'Infinity',
      'Both are finite, but beyond the largest double, 1.8e308, so that no difference shows.',
    ],
    ['0,-800', '0,-900', { logits: true }, 0, 0, `${close} Both round to 0.`],
    [
      '0,-800',
      '0,-Infinity',
      { logits: true },
      'Infinity',
      0,
      'KL(P‖Q) is infinite: P gives “1” e^-800, Q gives it 0; KL(Q‖P) is finite, for P allows all that Q does.',
    ],
  ])('says of %s and %s %j what is true of them', async (p, q, flags, klPQ, klQP, why) => {
    expect(await leashKlJson({ p, q, ...flags })).toMatchObject({ klPQ, klQP, why });
    const printed = await leashKl({ p, q, ...flags, samples: '10' });
    expect(printed).not.toMatch(/NaN|undefined|Infinity/);
  });

  it('draws Gaussians whose σ is far below the last digit of their mean, and estimates their KL', async () => {
    const p = { p: '1,1e-200', q: '1,2e-200', gaussian: true };
    expect(await leashKl(p)).toContain('   μ_P − 6e-200                                     μ_P + 6e-200');
    const [near, far] = [
      await leashKl({ p: '0,1e-200', q: '1,1e-200', gaussian: true }),
      await leashKl({ p: '1e308,1e308', q: '-1e308,1e308', gaussian: true }),
    ];
    expect(near).toMatch(/^P {2}█\nQ {62}█$/m);
    expect(far).toContain('P and Q lie too far apart to be drawn');
    const { estimates, klPQ } = await leashKlJson({ ...p, samples: '10000' });
    const { mean, standardError } = (estimates.at(-1) as SampleEstimates).k1;
    expect(Math.abs(mean - klPQ)).toBeLessThan(4 * standardError);
  });

  it('shows k1 and k3 settling within four standard errors of the exact value, k2 on its own limit', async () => {
    const { estimates, limits, klPQ } = await leashKlJson({ ...bags, samples: '100000' });
    expect(estimates.map(({ n }) => n)).toEqual([10, 100, 1000, 10_000, 100_000]);
    for (const name of ['k1', 'k2', 'k3'] as const) {
      const { mean, standardError } = (estimates[4] as SampleEstimates)[name];
      expect(Math.abs(mean - (limits[name] ?? Number.NaN))).toBeLessThan(4 * standardError);
    }
    expect(limits.k1).toBe(klPQ);
    expect(limits.k3).toBe(klPQ);
    expect(limits.k2).not.toBeCloseTo(klPQ, 5);
  });

  it('draws the same samples for the same seed, others for another', async () => {
    const run = (seed: string): Promise<string> => leashKl({ ...bags, samples: '1000', seed });
    expect(await run('1')).toBe(await run('1'));
    expect(await run('1')).not.toBe(await run('2'));
  });

  it('cuts labels of megabytes, in the table and in the sentence; --json keeps them', async () => {
    const long = 'x'.repeat(3e6);
    const p = { p: [0.5, 0.5], q: [0.4, 0.6], labels: [long, 'b'] };
    const given = file('long.json', JSON.stringify(p));
    const printed = await leashKl({ file: given });
    expect(printed.length).toBeLessThan(2500);
    expect(printed).toContain(`because of “${'x'.repeat(59)}…”`);
    expect((await leashKlJson({ file: given })).labels).toEqual([long, 'b']);
  });

  it('shows the 40 likeliest of many outcomes and sums up the rest', async () => {
    const counts = Array.from({ length: 1000 }, (_, i) => i + 1);
    const printed = await leashKl({ p: counts.join(','), q: counts.toReversed().join(','), counts: true });
    expect(printed.split('\n')[41]).toMatch(/^960 more/);
  });
});

it('numbers that start with a minus are no flags on the command line', () => {
  const args = [built, 'kl', '--logits', '--p', '-1,2', '--q', '-.5,0', '--json'];
  const { klPQ } = JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' })) as Printed;
  expect(klPQ).toBe(klFromLogits([-1, 2], [-0.5, 0]));
});

describe('files', () => {
  it.each([
    ['both.csv', 'label,p,q\nred,0.5,0.4\n"blue, light",0.3,0.4\ngreen,0.2,0.2\n'],
    ['both.json', '{"labels": ["red", "blue, light", "green"], "p": [0.5, 0.3, 0.2], "q": [0.4, 0.4, 0.2]}'],
    [
      'objects.json',
      '{"p": {"red": 0.5, "blue, light": 0.3, "green": 0.2}, "q": {"green": 0.2, "red": 0.4, "blue, light": 0.4}}',
    ],
  ])('%s holds both, labels included', async (name, text) => {
    const found = await leashKlJson({ file: file(name, text) });
    expect(found.labels).toEqual(['red', 'blue, light', 'green']);
    expect(found.q).toEqual([0.4, 0.4, 0.2]);
  });

  it('hold one distribution each: a column, labels and a column, an array, an object', async () => {
    const expected = await leashKlJson(bags);
    const p = [
      file('p.csv', '0.5\n0.3\n0.2\n'),
      file('labelled.csv', '# drawn 10 times\ncolour,share\r\nred,0.5\r\nblue,0.3\r\ngreen,0.2\r\n'),
      file('p.json', '[0.5, 0.3, 0.2]'),
      file('labelled.json', '{"red": 0.5, "blue": 0.3, "green": 0.2}'),
    ];
    for (const each of p) expect(await leashKlJson({ ...bags, p: each })).toEqual(expected);
  });

  it('keep their order, where labels are whole numbers too', async () => {
    const p = file('whole.json', '{"2": 0.1, "1": 0.9}');
    const { labels, klPQ } = await leashKlJson({ p, q: '0.9,0.1' });
    expect(labels).toEqual(['2', '1']);
    expect(klPQ).toBeCloseTo(0.8 * Math.log(9), 12);
    const both = file('both.json', '{"p": {"2": 0.1, "1": 0.9}, "q": {"2": 0.9, "1": 0.1}}');
    expect((await leashKlJson({ file: both })).klPQ).toBe(klPQ);
  });

  it('hold Gaussians: mean and std in JSON, four columns in CSV', async () => {
    const expected = (await leashKlJson({ p: '0,1,1,2', q: '0,1,0,1', gaussian: true })).klPQ;
    const p = file('g.json', '{"mean": [0, 1], "std": [1, 2]}');
    expect((await leashKlJson({ p, q: '0,1,0,1', gaussian: true })).klPQ).toBe(expected);
    const both = file('g.csv', 'label,pMean,pStd,qMean,qStd\nx,0,1,0,1\ny,1,2,0,1\n');
    expect((await leashKlJson({ file: both, gaussian: true })).klPQ).toBe(expected);
  });

  it('hold Gaussians whose dimensions are matched by label', async () => {
    const p = file('gp.csv', 'x,0,1\ny,5,2\n');
    const q = file('gq.csv', 'y,5,2\nx,0,1\n');
    expect(await leashKlJson({ p, q, gaussian: true })).toMatchObject({ labels: ['x', 'y'], klPQ: 0 });
    expect(await leashKlJson({ p: q, q: '5,2,0,1', gaussian: true })).toMatchObject({
      labels: ['y', 'x'],
      klPQ: 0,
    });
    const refused = async (other: string): Promise<string> =>
      (await mistakeOf({ p, q: file('gother.csv', other), gaussian: true })).text;
    expect(await refused('x,0,1\nz,5,2\n')).toContain('q has the unknown label z; the labels are x, y (');
    expect(await refused('x,0,1\n')).toContain('q has no entry for the label y (');
    const twice = await mistakeOf({ p: file('gtwice.csv', 'x,0,1\nx,5,2\n'), q, gaussian: true });
    expect(twice.text).toContain('the label x is given twice (');
  });
});

describe('a mistake ends in one line that names entry, value and place, and exit code 2', () => {
  const half = '0.5,0.5';
  it.each<[Said<typeof klCommand>, string]>([
    [{ p: '0.5,-0.3', q: half }, 'p[1] must be a number ≥ 0, got -0.3 (sum of p: 0.2) (--p)'],
    [{ p: half, q: '0.5,NaN' }, 'q[1] must be a number ≥ 0, got NaN (sum of q: NaN) (--q)'],
    [
      { p: '0.5,0.6', q: half },
      'p must sum to 1 (within 0.000001), its sum is 1.1 (--p; --counts divides by the sum)',
    ],
    [{ p: half, q: '0.5,0.3,0.2' }, 'p and q must have the same length, got 2 and 3 (--p, --q)'],
    [{ p: half, q: '' }, 'q must have at least 1 entry, got 0 (--q)'],
    [{ p: '0.5,abc', q: half }, 'p[1] must be a number, got "abc" (--p; a file ends in .json or .csv)'],
    [{ p: '0.5,,0.5', q: half }, 'p[1] must be a number, got nothing (--p)'],
    [{ p: '0,0', q: '0,1', counts: true }, 'counts must have a sum > 0, their sum is 0 (--p)'],
    [
      { p: '0,Infinity', q: '0,1', logits: true },
      'logits[1] must be a number < Infinity, got Infinity (--p)',
    ],
    [{ p: '0,-1', q: '0,1', gaussian: true }, 'p.std[0] must be a number > 0, got -1 (--p, --q)'],
    [
      { p: '0,1,2', q: '0,1', gaussian: true },
      'p must be pairs of mean and standard deviation, got 3 numbers (--p)',
    ],
    [{ p: half, q: half, labels: 'a' }, 'labels must be as many as the entries of p, 2, got 1 (--labels)'],
    [{ p: half, q: half, labels: 'a,a' }, 'the label a is given twice (--labels)'],
    [{ p: half, q: half, labels: 'a,' }, 'labels[1] must not be empty (--labels)'],
    [{ p: half, q: '0x1,0' }, 'q[0] must be a number, got "0x1" (--q)'],
    [{ p: half }, '--q is missing: leash kl needs --p and --q, or --file'],
    [{ p: half, q: half, logits: true, counts: true }, '--logits and --counts exclude each other'],
    [{ p: half, q: half, seed: '3' }, '--seed is that of the samples: it needs --samples'],
    [{ p: half, q: half, samples: '0' }, '--samples must be an integer in [1, 10000000], got 0'],
    [{ p: half, q: half, samples: '1e9' }, '--samples must be an integer in [1, 10000000], got 1e9'],
    [{ file: 'x.csv', p: half }, '--file holds both distributions: give it alone, or --p and --q'],
    [
      { p: 'nothing.json', q: half },
      `there is no file nothing.json; looked for ${process.cwd()}/nothing.json`,
    ],
    [{ file: 'both.txt' }, '--file must end in .json or .csv, got both.txt'],
  ])('%j', async (flags, text) => {
    expect(await mistakeOf(flags)).toEqual({ text: `leash: ${text}`, exitCode: 2 });
  });

  it.each([
    [
      'unknown.json',
      '{"p": {"red": 0.5, "blue": 0.5}, "q": {"bleu": 0.4, "red": 0.6}}',
      'q has the unknown label bleu; did you mean blue? (folder/unknown.json)',
    ],
    [
      'missing.json',
      '{"p": {"red": 0.5, "blue": 0.5}, "q": {"red": 1}}',
      'q has no entry for the label blue (folder/missing.json)',
    ],
    [
      'broken.json',
      '{"p": [0.5, 0.5',
      "folder/broken.json:1:16: not valid JSON: expected ',' or ']', found the end",
    ],
    ['text.json', '{"p": [0.5, "x"], "q": [1, 0]}', 'p[1] must be a number, got "x" (folder/text.json)'],
    ['one.json', '{"p": [0.5, 0.5]}', 'folder/one.json has no "q"'],
    ['more.json', '{"p": [1], "q": [1], "r": [1]}', 'folder/more.json has "r"; it may have p, q and labels'],
    ['ragged.csv', 'label,p,q\na,0.5\n', 'folder/ragged.csv:2: a row must have 3 cells, got 2'],
    [
      'text.csv',
      'label,p,q\na,0.5,0.5\nb,0.5,half\n',
      'q[1] must be a number, got "half" (folder/text.csv:3)',
    ],
    [
      'header.csv',
      'a,0.5,0.5\n',
      'folder/header.csv must start with a line of column names, such as label,p,q; got a,0.5,0.5',
    ],
    ['quote.csv', 'label,p,q\n"a,0.5,0.5\n', 'folder/quote.csv:2: a quote does not close'],
    [
      'empty.csv',
      '',
      'folder/empty.csv must start with a line of column names, such as label,p,q; got nothing',
    ],
    [
      'negative.csv',
      'p,q\n-0.5,0.5\n1.5,0.5\n',
      'p[0] must be a number ≥ 0, got -0.5 (sum of p: 1) (folder/negative.csv)',
    ],
  ])('%s', async (name, content, text) => {
    expect(await mistakeOf({ file: file(name, content) })).toEqual({ text: `leash: ${text}`, exitCode: 2 });
  });
});
