import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { listRuns } from '../../src/cli/listed-runs.ts';
import { fold } from '../../src/cli/print/fold.ts';
import { describeRuns } from '../../src/cli/print/runs.ts';
import { plainTable } from '../../src/cli/print/table.ts';
import { cutApart, cutMiddle, pad, terminalWidth } from '../../src/cli/print/width.ts';
import { built } from '../built.ts';
import { temporaryFolder, writeRun } from '../plot/runs-on-disk.ts';
import { FakeTerminal } from './terminal.ts';

afterEach(() => void vi.restoreAllMocks());

describe('widths', () => {
  test('are those of a terminal', () => {
    expect(
      ['abc', 'δ‖π', '日本語', 'é', '\u001b[1mab\u001b[22m', '한글', 'ｆ', '🌸'].map(terminalWidth),
    ).toEqual([3, 3, 6, 1, 2, 4, 2, 2]);
    expect([pad('日本', 6), pad('ab', 4, 'left'), pad('abc', 2)]).toEqual(['日本  ', '  ab', 'abc']);
  });

  test('a long name keeps both of its ends, and no two names come out alike', () => {
    expect(cutMiddle('cart-pole-clip-and-kl-penalty', 13)).toBe('cart-p…enalty');
    expect(cutMiddle('日本語日本語', 7)).toBe('日本…語');
    expect(cutApart(['aaaa-1-zzzz', 'aaaa-2-zzzz', 'short'], 7)).toEqual(['#1 aa…z', '#2 aa…z', 'short']);
  });
});

describe('a line for people', () => {
  test.each([
    ['two words', 20, 'two words'],
    [
      'return   1 over the last tenth of training',
      24,
      'return   1 over the last\n         tenth of\n         training',
    ],
    ['  indented sentences go on', 14, '  indented\n    sentences\n    go on'],
    ['run  /a/path/that/is/too/long/for/it', 16, 'run  /a/path/that/is/too/long/for/it'],
    ['see that  /a/path/too/long', 12, 'see that\n  /a/path/too/long'],
  ])('%j in %i cells', (line, cells, folded) => {
    expect(fold(line, cells)).toBe(folded);
  });

  test('is not broken within a command to type', () => {
    const line = '\u001b[2mnext     \u001b[22mleash evaluate runs/a --seed 1';
    expect(fold(line, 20)).toBe(line);
    expect(fold('goes on with leash resume runs/a', 16)).toBe('goes on with\n  leash resume runs/a');
  });
});

describe('a table', () => {
  const head = ['config', 'return', 'how updates ended'];
  const rows = [
    ['cart-pole-clip-and-kl-penalty', '0.998 [0.994, 1]', 'completed 13%, rolledBack 88%'],
    ['quickstart', '1', 'completed 100%'],
  ];

  test('stands as it is where there is room', () => {
    expect(plainTable(head, rows)).toBe(
      [
        'config                                   return              how updates ended',
        'cart-pole-clip-and-kl-penalty  0.998 [0.994, 1]  completed 13%, rolledBack 88%',
        'quickstart                                    1                 completed 100%',
      ].join('\n'),
    );
  });

  test('goes on below where there is not, each part with the names', () => {
    expect(plainTable(head, rows, { width: 60 })).toBe(
      [
        'config                                   return',
        'cart-pole-clip-and-kl-penalty  0.998 [0.994, 1]',
        'quickstart                                    1',
        '',
        'config                                     how updates ended',
        'cart-pole-clip-and-kl-penalty  completed 13%, rolledBack 88%',
        'quickstart                                    completed 100%',
      ].join('\n'),
    );
  });

  test.each([30, 40, 50, 60, 70, 80])('has no line longer than %i cells', (width) => {
    const lines = plainTable(head, rows, { width }).split('\n');
    expect(lines.filter((line) => terminalWidth(line) > width)).toEqual([]);
    expect(lines.join(' ')).toMatch(/0\.998 \[0\.994, 1\]/);
  });

  test('is aligned with names in any script', () => {
    const table = plainTable(
      ['config', 'x'],
      [
        ['日本語', '1'],
        ['abc', '22'],
      ],
    );
    expect(table.split('\n').map(terminalWidth)).toEqual([10, 10, 10]);
  });
});

describe('leash runs', () => {
  function listing(): [ReturnType<typeof listRuns>, string] {
    const root = temporaryFolder();
    const final = { returnMeanLastTenth: 0.59375, klOldNewMean: 0.0038714, updatesOutsideDelta: 3 };
    for (const seed of [0, 1, 12])
      writeRun(root, { name: 'frozen-lake-4x4-clip-and-kl-penalty', seed, final });
    writeRun(join(root, 'compared-over-night'), { name: 'frozen-lake-4x4-adaptive-kl', seed: 0, final });
    return [listRuns(root, {}), root];
  }

  test.each([40, 60, 80, 100, 200])('takes one line a run in %i columns', (columns) => {
    const [listed, root] = listing();
    const lines = describeRuns(listed, root, columns);
    expect(lines.filter((line) => terminalWidth(line) > columns && !/^(4 runs|no room)/.test(line))).toEqual(
      [],
    );
    expect(lines.slice(1, 5).every((line) => /seed-\d+ .*completed .*0\.5938/.test(line))).toBe(true);
    expect(new Set(lines.slice(1, 5).map((line) => line.split(' ')[0])).size).toBe(4);
  });

  test('says what there was no room for', () => {
    const [listed, root] = listing();
    expect(describeRuns(listed, root, 80).slice(-2)).toEqual([
      expect.stringContaining(`4 runs in ${root}`),
      'no room here for size, environment, objective, updates',
    ]);
    const whole = describeRuns(listed, root, 400);
    expect(whole[0]).toMatch(/^run +environment +objective +status +updates +return +KL +outside δ +size$/);
    expect(whole.at(-1)).toMatch(/^4 runs, /);
  });
});

const root = new URL('../../', import.meta.url).pathname;
/** Of util-linux: gives a command a terminal. */
const hasScript = /util-linux/.test(spawnSync('script', ['--version'], { encoding: 'utf8' }).stdout ?? '');

describe.skipIf(!hasScript)('on a terminal (script of util-linux)', () => {
  /** Runs a command in a terminal of so many columns. @param shrunk columns after its first output @param options of Node.js */
  async function screenOf(
    columns: number,
    args: readonly string[],
    shrunk?: number,
    options: readonly string[] = [],
  ): Promise<string[]> {
    const screen = new FakeTerminal(columns, 40);
    const told = join(temporaryFolder(), 'told');
    const words = [process.execPath, ...options, built, ...args].map((word) => `'${word}'`).join(' ');
    // Not script's own child: script stops with that.
    const command = `stty cols ${columns} rows 40; ${words} & echo $! > ${told}; tty >> ${told}; wait $!`;
    const child = spawn('script', ['-qfec', command, '/dev/null'], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let next = shrunk;
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      screen.write(text);
      if (next === undefined || !text.includes(' left')) return;
      const [pid, tty] = readFileSync(told, 'utf8').split('\n');
      const width = next;
      next = undefined;
      // What was drawn for the window as it was is to be there before that changes.
      process.kill(Number(pid), 'SIGSTOP');
      setTimeout(() => {
        screen.resize(width);
        execFileSync('stty', ['-F', tty, 'cols', String(width)]);
        process.kill(Number(pid), 'SIGCONT');
      }, 300);
    });
    await new Promise((done) => child.on('close', done));
    return screen.text();
  }

  const whole = (lines: readonly string[]): string => lines.join(' ').replaceAll(/\s+/g, ' ');

  test('train of 120 columns, then 60, leaves one bar and whole words', async () => {
    const args = ['train', 'configs/quickstart.json', '--steps', '60000', '--runs', temporaryFolder()];
    const lines = await screenOf(120, args, 60);
    expect(lines.filter((line) => / left$/.test(line))).toEqual([
      expect.stringMatching(/100% .* 0\.0 s left$/),
    ]);
    expect(lines.filter((line) => line.includes('FrozenLake-v1'))).toHaveLength(1);
    expect(whole(lines)).toContain('by dynamic programming over 100 steps; the policy may look at the clock');
  });

  // A signal that never comes is one that comes late, each time.
  const deaf = encodeURIComponent(
    `process.on('newListener', (event, listener) => {
      if (event === 'SIGWINCH') setImmediate(() => process.off(event, listener));
    })`,
  ).replaceAll("'", '%27');
  const deafened = ['--import', `data:text/javascript,${deaf}`];

  test.each([
    ['hears of it in the midst of an update', []],
    ['asks for it where the signal is late', deafened],
  ])('a command on a thread of its own %s', async (_, options) => {
    const update = ['--steps', '2048', '--set', 'engine=reference'];
    const args = ['train', 'configs/quickstart.json', ...update, '--watch', '--runs', temporaryFolder()];
    const lines = await screenOf(120, args, 60, options);
    // The address of the dashboard is not said in the midst of what is drawn.
    expect(lines[0]).toMatch(/^watch +http/);
    expect(lines.filter((line) => / left$/.test(line))).toEqual([expect.stringMatching(/100% .* left$/)]);
    expect(lines.filter((line) => line.includes('FrozenLake-v1'))).toHaveLength(1);
  });

  test('compare of 80 columns, then 55, leaves its bars once, with the time left', async () => {
    const configs = ['configs/quickstart.json', 'configs/frozen-lake-4x4-clip.json', '--across-environments'];
    const args = ['compare', ...configs, '--seeds', '2', '--steps', '24000', '--runs', temporaryFolder()];
    const lines = await screenOf(80, args, 55);
    expect(lines.filter((line) => /^all .* 100% .*\d s left$/.test(line))).toHaveLength(1);
    expect(lines.filter((line) => /^quickstart +█+ +100%/.test(line))).toHaveLength(1);
    // No part of a bar is left, and no line is broken but where a path is too long for one.
    expect(lines.filter((line) => line.includes('█') && !/100%/.test(line))).toEqual([]);
    expect(lines.filter((line) => terminalWidth(line) > 55 && !line.includes('/'))).toEqual([]);
  });
});
