import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, test } from 'vitest';
import { WEIGHTS_FILE } from '../../src/exchange/layers-model.ts';
import { writeModelFiles } from '../../src/exchange/write-layers-model.ts';
import { writeSite } from '../../src/lab/export-site.ts';
import { BEGINNINGS, requireOutsideRuns, writeOutput } from '../../src/run/output-file.ts';

const folder = (): string => mkdtempSync(join(tmpdir(), 'leash-output-'));

it.each(['metrics.jsonl', 'config.json', 'run.json', 'owner.json', 'policy.safetensors', 'run.json.tmp'])(
  'never writes over %s of a run, there or not, straight or through a link',
  (name) => {
    const run = folder();
    writeFileSync(join(run, 'owner.json'), '{}');
    if (!name.endsWith('.tmp')) writeFileSync(join(run, name), 'rows');
    const before = existsSync(join(run, name)) && readFileSync(join(run, name), 'utf8');
    expect(() => writeOutput('--out', join(run, name), '<svg/>', BEGINNINGS.svg)).toThrow(
      'is a file of a run',
    );
    const link = join(folder(), 'plot.svg');
    symlinkSync(join(run, name), link);
    if (existsSync(link)) {
      expect(() => writeOutput('--out', link, '<svg/>', BEGINNINGS.svg)).toThrow('is a file of a run');
    }
    expect(existsSync(join(run, name)) && readFileSync(join(run, name), 'utf8')).toBe(before);
  },
);

test('a run of before owners is told by its files, an experiment by its marker', () => {
  const old = folder();
  for (const name of ['config.json', 'metrics.jsonl']) writeFileSync(join(old, name), '');
  expect(() => writeOutput('--csv', join(old, 'metrics.jsonl'), 'run,seed', BEGINNINGS.csv)).toThrow(
    'of a run',
  );
  const experiment = folder();
  writeFileSync(join(experiment, 'experiment.json'), '{}');
  expect(() =>
    writeOutput('--out', join(experiment, 'report.html'), '<!doctype html>', BEGINNINGS.html),
  ).toThrow('is a file of an experiment');
  writeOutput('--out', join(experiment, 'curves.html'), '<!doctype html>', BEGINNINGS.html);
});

test('nothing is put into the folder of a run, however deep, nor through a link', () => {
  const run = folder();
  writeFileSync(join(run, 'owner.json'), '{}');
  const link = join(folder(), 'link');
  symlinkSync(run, link);
  for (const name of ['plot.svg', 'tensorboard/clip/seed-0/events', '.hidden/a.csv']) {
    for (const around of [run, link])
      expect(() => writeOutput('--out', join(around, name), '<svg/>', BEGINNINGS.svg)).toThrow(
        `is in the folder of the run ${run}, where only what leash writes of it stands`,
      );
  }
  expect(readdirSync(run)).toEqual(['owner.json']);
  requireOutsideRuns('--out', `${run}/../plot.svg`);
});

test('what stands beside it under another name stays, whatever is written', () => {
  const place = folder();
  const theirs = ['plot.svg.tmp', 'a.css.tmp', 'model.json.tmp', `${WEIGHTS_FILE}.tmp`];
  for (const name of theirs) writeFileSync(join(place, name), 'theirs');
  mkdirSync(join(place, 'd.svg.tmp'));
  for (const name of ['plot.svg', 'd.svg', 'plot.svg'])
    writeOutput('--out', join(place, name), '<svg/>', BEGINNINGS.svg);
  writeSite('--export', place, new Map([['a.css', { type: 'text/css', body: 'a {}' }]]), []);
  writeModelFiles({ json: '{}', weights: new Uint8Array(4) }, place);
  const written = ['plot.svg', 'd.svg', 'd.svg.tmp', 'a.css', 'model.json', WEIGHTS_FILE];
  expect(readdirSync(place).sort()).toEqual([...written, ...theirs].sort());
  for (const name of theirs) expect(readFileSync(join(place, name), 'utf8')).toBe('theirs');
});

test('an earlier output of the same kind is replaced, nothing else that is there', () => {
  const path = join(folder(), 'plot.svg');
  writeOutput('--out', path, '<svg>1</svg>', BEGINNINGS.svg);
  writeOutput('--out', path, '<svg>2</svg>', BEGINNINGS.svg);
  expect(readFileSync(path, 'utf8')).toBe('<svg>2</svg>');
  expect(() => writeOutput('--csv', path, 'run,seed', BEGINNINGS.csv)).toThrow(
    `--csv ${path} is there already and no earlier output of this kind; remove it or name another`,
  );
  writeFileSync(path, 'mine');
  expect(() => writeOutput('--out', path, '<svg/>', BEGINNINGS.svg)).toThrow('is there already');
  expect(readFileSync(path, 'utf8')).toBe('mine');
  expect(() => writeOutput('--out', join(path, '..'), '<svg/>', BEGINNINGS.svg)).toThrow('is a folder');
  expect(() => writeOutput('--out', '/no/such/folder/a.svg', '<svg/>')).toThrow(
    'cannot write there (ENOENT)',
  );
});

it.skipIf(!existsSync('/dev/full'))('a full device is one line, and a stream is written into', () => {
  expect(() => writeOutput('--out', '/dev/full', '<svg/>', BEGINNINGS.svg)).toThrow(
    '--out /dev/full: cannot write there (ENOSPC)',
  );
  writeOutput('--out', '/dev/null', '<svg/>', BEGINNINGS.svg);
});
