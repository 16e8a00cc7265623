import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { temporaryFolder, writeRun } from '../plot/runs-on-disk.ts';
import { plotCommand } from '../../src/cli/commands/plot.ts';
import { runCommand, type Said } from './run-command.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

const fonts = dirname(createRequire(import.meta.url).resolve('dejavu-fonts-ttf/package.json'));
const mathFont = join(fonts, 'ttf', 'DejaVuMathTeXGyre.ttf');

/** What a command prints. */
async function printed(command: () => Promise<number>): Promise<string> {
  const chunks: string[] = [];
  vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
    chunks.push(String(chunk));
    return true;
  });
  expect(await command()).toBe(0);
  return chunks.join('');
}

function root(): string {
  const folder = temporaryFolder();
  writeRun(folder, { name: 'a' });
  writeRun(folder, { name: 'b', seed: 3 });
  return folder;
}

test('without a format the four that matter are drawn in the terminal', async () => {
  const runs = root();
  const text = await printed(() => runCommand(plotCommand, { RUN: [runs], runs }));
  for (const title of ['return', 'KL(π_old‖π_new) [nats]  ╌╌ δ = 0.02', 'clip fraction', 'entropy [nats]']) {
    expect(text).toContain(`\n${title}\n`);
  }
  expect(text).toContain(
    'CartPole-v1: one seed each, so no bands\n● a (0 of 5 updates outside δ = 0.02)\n▲ b (0 of 5 updates outside δ = 0.02)\n',
  );
});

test('a bare name is looked for in the folder of runs, and one seed can be named', async () => {
  const runs = root();
  expect(await printed(() => runCommand(plotCommand, { RUN: ['b'], runs, metric: 'kl' }))).toContain(
    '● b (0 of 5 updates outside δ = 0.02)\n',
  );
  const seed = join(runs, 'b', 'seed-3');
  expect(await printed(() => runCommand(plotCommand, { RUN: [seed], runs, metric: 'kl' }))).toContain(
    '● b (0 of 5 updates outside δ = 0.02)\n',
  );
});

test('the ending of --out tells the format', async () => {
  const runs = root();
  const magic = { svg: '<svg', png: '\u0089PNG', html: '<!do', txt: 'leas' };
  for (const [ending, start] of Object.entries(magic)) {
    const out = join(runs, `plot.${ending}`);
    expect(await printed(() => runCommand(plotCommand, { RUN: ['a'], runs, out }))).toBe(`${out}\n`);
    expect(readFileSync(out, 'latin1').slice(0, 4)).toBe(start);
  }
});

test('every plot of the same runs has the same bytes', async () => {
  const runs = root();
  const draw = (format: string) => printed(() => runCommand(plotCommand, { RUN: ['a', 'b'], runs, format }));
  expect(await draw('svg')).toBe(await draw('svg'));
  expect(await draw('html')).toBe(await draw('html'));
});

test('a page needs nothing from elsewhere', async () => {
  const runs = root();
  const page = await printed(() => runCommand(plotCommand, { RUN: ['a'], runs, format: 'html' }));
  expect(page).not.toMatch(/https?:|<link|<script[^>]+src=|@import|url\(/);
  expect(page).toContain("default-src 'none'");
});

test('a name in a page cannot end its script', async () => {
  const runs = temporaryFolder();
  writeRun(runs, { name: '<script>alert(1)<' });
  const page = await printed(() => runCommand(plotCommand, { RUN: [runs], runs, format: 'html' }));
  expect(page).not.toContain('<script>alert');
});

test('wrong input is one line that names the flag, the value and what is allowed', async () => {
  const runs = root();
  const folder = join(runs, 'folder.svg');
  mkdirSync(folder);
  const given = { RUN: ['a'], runs };
  const wrong: [Said<typeof plotCommand>, string][] = [
    [{ RUN: ['c'], runs }, `no run at c; looked for ${process.cwd()}/c and ${runs}/c`],
    [{ RUN: [folder], runs }, `no run at ${folder}: nothing in it has config.json and metrics.jsonl`],
    [{ ...given, metric: 'retrun' }, '--metric: no run has a metric "retrun"; did you mean return?'],
    [
      { ...given, x: 'step' },
      '--x must be one of steps, updates, time, gradient, got step; did you mean steps?',
    ],
    [
      { ...given, x: 'gradient' },
      `${runs}/a/seed-0 has no ledger.jsonl; train it with --set trustRegion.ledger=true`,
    ],
    [{ ...given, band: 'median' }, '--band must be one of iqm, mean, seeds, got median; did you mean mean?'],
    [{ ...given, theme: 'blue' }, '--theme must be one of light, dark, got blue'],
    [{ ...given, theme: 'dark' }, '--theme is for svg and png: a terminal has its own colours'],
    [
      { ...given, theme: 'light', out: join(runs, 'x.html') },
      '--theme is for svg and png: a page has both, and a button for them',
    ],
    [{ ...given, format: 'pdf' }, '--format must be one of svg, png, html, terminal, got pdf'],
    [{ ...given, smooth: '0' }, '--smooth must be an integer in [1, 1000000], got 0'],
    [
      { ...given, out: 'x.gif' },
      '--out must end in .svg, .png, .html or .txt, or --format say what it is, got x.gif',
    ],
    [
      { ...given, format: 'png', out: 'x.svg' },
      '--format png and --out x.svg do not go together: that file would be svg',
    ],
    [{ ...given, out: join(runs, 'no', 'x.svg') }, `--out ${runs}/no/x.svg: cannot write there (ENOENT)`],
    [{ ...given, out: folder }, `--out ${folder} is a folder; name a file in it`],
    [{ ...given, out: 'package.json/x.svg' }, '--out package.json/x.svg is below what is no folder'],
  ];
  for (const [flags, line] of wrong) {
    await expect(runCommand(plotCommand, flags)).rejects.toMatchObject({
      name: 'UserError',
      exitCode: 2,
      message: line,
    });
  }
});

test('different environments are refused unless asked for', async () => {
  const runs = root();
  writeRun(runs, { name: 'c', environment: 'FrozenLake-v1' });
  await expect(runCommand(plotCommand, { RUN: ['a', 'c'], runs })).rejects.toThrow(
    `the runs are of different environments: CartPole-v1 (${runs}/a/seed-0) and FrozenLake-v1 (${runs}/c/seed-0); plot them apart or add --across-environments`,
  );
  const text = await printed(() =>
    runCommand(plotCommand, { RUN: ['a', 'c'], runs, acrossEnvironments: true }),
  );
  expect(text).toContain('CartPole-v1, FrozenLake-v1:');
});

test('a run that has no row yet is no plot', async () => {
  const runs = temporaryFolder();
  const path = writeRun(runs, { status: 'running', updates: 0 });
  await expect(runCommand(plotCommand, { RUN: [path], runs })).rejects.toThrow(
    `no run at ${path} has a row to plot yet`,
  );
});

test('a plot for the terminal can be written into the same file again, and over nothing else', async () => {
  const runs = root();
  const out = join(runs, 'x.txt');
  const again = { RUN: ['a'], runs, out };
  await printed(() => runCommand(plotCommand, again));
  const first = readFileSync(out, 'utf8');
  await printed(() => runCommand(plotCommand, again));
  expect(readFileSync(out, 'utf8')).toBe(first);
  writeFileSync(out, 'my notes');
  await expect(runCommand(plotCommand, again)).rejects.toThrow('no earlier output of this kind');
});

test('the legend has decimals in their order', async () => {
  const runs = temporaryFolder();
  for (const name of ['clip=0.1', 'clip=0.05', 'clip=0.15']) writeRun(runs, { name });
  const text = await printed(() => runCommand(plotCommand, { RUN: [runs], runs, metric: 'entropy' }));
  expect(text.match(/clip=[\d.]+/g)).toEqual(['clip=0.05', 'clip=0.1', 'clip=0.15']);
});

test('characters that leash has no font for are named in one line, and drawn with --font', async () => {
  const folder = temporaryFolder();
  writeRun(folder, { name: '方策𝓐' });
  const out = join(folder, 'plot.png');
  const said: string[] = [];
  vi.spyOn(process.stderr, 'write').mockImplementation((chunk) => {
    said.push(String(chunk));
    return true;
  });
  const plotted = (more: object): Promise<string> =>
    printed(() => runCommand(plotCommand, { RUN: [folder], runs: folder, out, ...more }));
  await plotted({});
  const without = readFileSync(out);
  await plotted({ font: mathFont });
  expect(said).toEqual([
    'leash: boxes stand for what leash has no font for: 方策𝓐; --font FILE names one that has them, or write --out FILE.svg\n',
    'leash: boxes stand for what leash has no font for: 方策; --font FILE names one that has them, or write --out FILE.svg\n',
  ]);
  expect(readFileSync(out).equals(without)).toBe(false);
});

test.each([
  [{ font: 'no-such.ttf' }, /^there is no font file no-such\.ttf; looked for \//],
  [{ font: 'README.md' }, /^README\.md is no TrueType or OpenType font/],
  [{ font: 'README.md', format: 'svg' }, /^--font is for png: svg is shown with the fonts/],
])('a font that is none, or for a picture that takes none, is refused: %j', async (more, message) => {
  const runs = root();
  const given = { RUN: [runs], runs, format: 'png', out: join(runs, 'plot.out'), ...more };
  await expect(runCommand(plotCommand, given)).rejects.toThrow(message);
});
