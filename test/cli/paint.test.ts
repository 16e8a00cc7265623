import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { own, paint, printable } from '../../src/cli/print/print.ts';
import { escapeJsonControls } from '../../src/user-error.ts';
import { built } from '../built.ts';

const terminal = { isTTY: true, hasColors: () => true };
/** A style, a cleared screen, a title, an 8-bit sequence, a carriage return, a turned direction, DEL. */
const HOSTILE = '\u001b[31mred\u001b[2J\u001b]0;title\u0007\u009b1m\rover\u202eturned\u007f';
const SHOWN = '\\x1b[31mred\\x1b[2J\\x1b]0;title\\x07\\x9b1m\\x0dover\\u202eturned\\x7f';
/** What no terminal may be sent. */
const RAW = /[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/u;

function leash(args: readonly string[]): { stdout: string; stderr: string } {
  return spawnSync(process.execPath, [built, ...args], { encoding: 'utf8' });
}

test('what is printed keeps our styles and new lines, and writes out all other control characters', () => {
  vi.stubEnv('NO_COLOR', '');
  onTestFinished(() => void vi.unstubAllEnvs());
  expect(printable(`${paint('bold', 'run', terminal)}\n${HOSTILE}`)).toBe(`\u001b[1mrun\u001b[22m\n${SHOWN}`);
  expect(printable(paint('bold', `a${paint('red', HOSTILE, terminal)}`, terminal))).toBe(
    `\u001b[1ma\u001b[31m${SHOWN}\u001b[39m\u001b[22m`,
  );
  expect(printable(own('\u001b[31m│\u001b[0m'))).toBe('\u001b[31m│\u001b[0m');
});

test('a JSON text stays the same value', () => {
  const json = JSON.stringify({ label: HOSTILE }, null, 1);
  expect(escapeJsonControls(json).replaceAll('\n', '')).not.toMatch(RAW);
  expect(JSON.parse(escapeJsonControls(json))).toEqual({ label: HOSTILE });
});

test('labels, names of folders and files, and settings do nothing to the terminal', () => {
  const folder = mkdtempSync(join(tmpdir(), 'leash-paint-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const labels = join(folder, 'labels.json');
  writeFileSync(labels, JSON.stringify({ p: [0.5, 0.5], q: [0.4, 0.6], labels: [HOSTILE, 'b'] }));
  const config = join(folder, 'a\u009b2J\u202e.json');
  writeFileSync(config, JSON.stringify({ environment: { id: 'CartPole-v1' }, description: HOSTILE }));
  const run = join(folder, 'runs', `x${HOSTILE}`, 'seed-0');
  mkdirSync(run, { recursive: true });
  writeFileSync(join(run, 'config.json'), '{}');
  writeFileSync(join(run, 'metrics.jsonl'), '');
  for (const args of [
    ['kl', '--file', labels],
    ['kl', '--file', labels, '--json'],
    ['config', 'show', config],
    ['config', 'show', config, '--json'],
    ['config', 'check', config, labels],
    ['config', 'diff', config, 'sb3'],
    ['runs', '--runs', join(folder, 'runs')],
    ['runs', '--runs', join(folder, 'runs'), '--json'],
    ['plot', join(folder, 'runs')],
  ]) {
    const { stdout, stderr } = leash(args);
    expect(`${stdout}${stderr}`.replaceAll('\n', ''), args.join(' ')).not.toMatch(RAW);
    if (args.includes('--json')) JSON.parse(stdout);
  }
  // A label is one line of at most 60 characters.
  expect(leash(['kl', '--file', labels]).stdout).toContain(
    '\\x1b[31mred\\x1b[2J\\x1b]0;title\\x07\\x9b1m over\\u202eturned\\x…',
  );
  expect(leash(['runs', '--runs', join(folder, 'runs')]).stdout).toContain('over\\u202eturned');
});
