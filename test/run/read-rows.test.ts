import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import { fitFields } from '../../src/row/fit.ts';
import { encodeJson } from '../../src/row/json.ts';
import { readLedger, readMetrics, readTimings } from '../../src/run/read-rows.ts';
import { ledgerFields } from '../../src/row/ledger.ts';
import { cellsOf } from '../../src/row/encode.ts';
import type { MetricValue } from '../../src/row/field.ts';
import { ordinaryRow } from '../plot/runs-on-disk.ts';

const run = mkdtempSync(join(tmpdir(), 'leash-rows-'));
const file = join(run, 'metrics.jsonl');

/** A row as its file has it. */
const written = (update: number, over: Record<string, MetricValue> = {}): Record<string, MetricValue> =>
  cellsOf(ordinaryRow(update, over));

/** Reads these lines as a run's metrics; what is no text is encoded as leash does. */
function read(lines: readonly unknown[], isGrowing = false) {
  writeFileSync(file, lines.map((line) => (typeof line === 'string' ? line : encodeJson(line))).join('\n'));
  return readMetrics(run, isGrowing);
}

it('reads rows back as they were before encodeJson, what is not finite and words too', () => {
  const rows = [
    ordinaryRow(1, { explainedVariance: Number.NEGATIVE_INFINITY, policyLoss: Number.NaN, returnMean: null }),
    ordinaryRow(2, { stopReason: 'NaN', regret: Number.POSITIVE_INFINITY }),
  ];
  expect(read(rows.map(cellsOf))).toEqual({ rows, problems: [], isMissing: false });
});

it('has what is no column of ours under `figures`, apart', () => {
  const { rows } = read([written(1, { regret: 0.5, note: 'x', entropy: 2 })]);
  expect(rows[0]).toMatchObject({ entropy: 2, figures: { regret: 0.5, note: 'x' } });
  expect(Object.keys(rows[0] ?? {})).not.toContain('regret');
  expect(read([written(1)]).rows[0]).toHaveProperty('figures', {});
});

it('reads an update of TRPO that tried no step: what it has nothing to say of is null', () => {
  const tried = { stepFisherNorm: null, klPredicted: null, klActual: null, improvementPredicted: null };
  const row = ordinaryRow(1, { cgIterations: 0, ...tried, rejectedReason: 'zeroGradient' });
  expect(read([cellsOf(row)])).toMatchObject({ rows: [row], problems: [] });
});

it('reads rows that end in CRLF', () => {
  writeFileSync(file, [1, 2].map((update) => `${encodeJson(written(update))}\r\n`).join(''));
  expect(readMetrics(run, false).rows).toEqual([ordinaryRow(1), ordinaryRow(2)]);
});

const { entropy: _, ...withoutEntropy } = written(2);
test.each([
  [
    'a text where a number belongs',
    written(2, { klOldNewMean: 'x' }),
    'klOldNewMean must be a number, got "x"',
  ],
  ['null where the meaning knows none', written(2, { entropy: null }), 'entropy must be a number, got null'],
  ['a number for a flag', written(2, { deltaViolated: 1 }), 'deltaViolated must be true or false, got 1'],
  ['a number for a word', written(2, { stopReason: 3 }), 'stopReason must be a word, got 3'],
  ['a missing column', withoutEntropy, 'it has no entropy'],
  ['an array in a column', { ...written(2), k1: [1] }, '"k1" must be one value, got an array'],
  ['a figure that is an object', { ...written(2), regret: {} }, '"regret" must be one value, got an object'],
  ['an array', [1, 2], 'it is no object'],
  ['null', null, 'it is no object'],
  ['half a row', '{"update": 2, "ste', 'it is no JSON'],
  ['a row nested 9,000 deep', `${'['.repeat(9000)}${']'.repeat(9000)}`, 'it is no object'],
  ['a cell nested 9,000 deep', `{"x":${'['.repeat(9000)}${']'.repeat(9000)}}`, 'it has no update'],
  ['an update that stands there', written(1), 'update 1 stands after update 1'],
  ['half an update', written(1.5), 'update 1.5 stands after update 1'],
  ['a line of 3 MB', `"${'x'.repeat(3e6)}"`, 'it is no JSON'],
])('%s is named and left out', (_name, line, why) => {
  const { rows, problems } = read([written(1), line, written(3)]);
  expect(rows).toEqual([ordinaryRow(1), ordinaryRow(3)]);
  expect(problems).toEqual([`${file}: 1 row left out (line 2: ${why}); the rest is used`]);
});

it('an update that the run cannot have is named and left out, with its record and without', () => {
  const record = join(run, 'run.json');
  const lines = [written(1), written(4_000_000_000_000), written(3), written(4)];
  expect(read(lines)).toMatchObject({
    rows: [1, 3, 4].map((update) => ordinaryRow(update)),
    damage: `${file}: 1 row left out (line 2: update 4000000000000 stands more than 1000000 after update 1)`,
  });
  writeFileSync(record, encodeJson({ updatesPlanned: 3 }));
  expect(read(lines)).toMatchObject({
    rows: [1, 3].map((update) => ordinaryRow(update)),
    damage: `${file}: 2 rows left out (lines 2, 4; line 2: update 4000000000000 is beyond the 3 that run.json plans)`,
  });
  writeFileSync(record, '{"updatesPlanned": ');
  expect(read([written(1), written(2)]).problems).toEqual([]);
  rmSync(record);
});

it('the rows of a branch begin after its parent, however far that went', () => {
  const record = join(run, 'run.json');
  writeFileSync(record, encodeJson({ updatesPlanned: 5_000_002, parent: { update: 5_000_000 } }));
  expect(read([written(5_000_001), written(5_000_002)]).problems).toEqual([]);
  rmSync(record);
});

it('bytes that are no UTF-8 are named and left out', () => {
  const broken = Buffer.from(encodeJson(written(2)));
  broken[broken.indexOf('completed')] = 0xff;
  const lines = [
    Buffer.from(`${encodeJson(written(1))}\n`),
    broken,
    Buffer.from(`\n${encodeJson(written(3))}\n`),
  ];
  writeFileSync(file, Buffer.concat(lines));
  const { rows, problems } = readMetrics(run, false);
  expect(rows).toEqual([ordinaryRow(1), ordinaryRow(3)]);
  expect(problems).toEqual([`${file}: 1 row left out (line 2: it is not UTF-8 text); the rest is used`]);
});

it('many bad rows are one line: how many, the first five, why the first', () => {
  const lines = Array.from({ length: 9 }, (_, i) => (i === 0 ? written(1) : '{'));
  expect(read(lines).problems).toEqual([
    `${file}: 8 rows left out (lines 2, 3, 4, 5, 6, …; line 2: it is no JSON); the rest is used`,
  ]);
});

it('the last line of a run that goes on may be half written', () => {
  const lines = [written(1), '{"update": 2, "ste'];
  expect(read(lines, true).problems).toEqual([]);
  expect(read(lines, false).problems).toHaveLength(1);
});

it('a folder, or nothing, in place of the file is named', () => {
  rmSync(file, { force: true });
  expect(readMetrics(run, false)).toEqual({
    rows: [],
    damage: `${file} cannot be read`,
    problems: [`${file} cannot be read`],
    isMissing: true,
  });
  mkdirSync(file);
  expect(readMetrics(run, false).problems).toEqual([`${file} cannot be read`]);
  rmSync(file, { recursive: true });
});

it('knows the columns of leash fit', () => {
  const row = Object.fromEntries(fitFields.map(({ name }) => [name, name === 'update' ? 1 : 0.5]));
  expect(read([row]).rows).toEqual([row]);
  for (const { name } of fitFields) {
    if (name !== 'crossEntropy') expect(read([{ ...row, [name]: 'x' }]).rows).toEqual([]);
  }
});

describe('a ledger', () => {
  const step = (update: number, gradientStep: number, over: object = {}) => ({
    ...Object.fromEntries(ledgerFields.map(({ name }) => [name, 0.5])),
    ...{ update, gradientStep, epoch: 1, epochEnds: false, ...over },
  });
  const ledger = join(run, 'ledger.jsonl');
  const readSteps = (steps: readonly unknown[]) => {
    writeFileSync(
      ledger,
      `${steps.map((each) => (typeof each === 'string' ? each : encodeJson(each))).join('\n')}\n`,
    );
    return readLedger(run, false);
  };

  it('has its steps in order, shares null without an ε', () => {
    const without = { shareInside: null, shareKilled: null, sharePassing: null };
    const steps = [
      step(1, 1, { klOldNew: Number.POSITIVE_INFINITY }),
      step(1, 2, { ...without, impliedBetaMean: null, impliedBetaMax: null }),
      step(2, 1),
    ];
    expect(readSteps(steps)).toMatchObject({ rows: steps, problems: [] });
  });

  it('that is torn is used as far as it goes', () => {
    const { rows, problems } = readSteps([
      step(1, 1),
      '{"update":1,"gra',
      step(1, 1),
      step(1, 3, { delta: null }),
    ]);
    expect(rows).toEqual([step(1, 1)]);
    expect(problems).toEqual([
      `${ledger}: 3 rows left out (lines 2, 3, 4; line 2: it is no JSON); the rest is used`,
    ]);
  });

  it('whose δ is not finite is damaged there', () => {
    const { rows, problems } = readSteps([step(1, 1, { delta: Number.NaN }), step(1, 2)]);
    expect(rows).toEqual([step(1, 2)]);
    expect(problems[0]).toContain('line 1: delta must be finite, got NaN');
  });

  it('that is not there says how to get one', () => {
    rmSync(ledger);
    expect(() => readLedger(run, false)).toThrow(
      'has no ledger.jsonl; train it with --set trustRegion.ledger=true',
    );
  });
});

it('timings are checked likewise', () => {
  writeFileSync(join(run, 'timing.jsonl'), '{"update":1,"seconds":0.5}\n{"update":2,"seconds":"soon"}\n');
  const { rows, problems } = readTimings(run, false);
  expect(rows).toEqual([{ update: 1, seconds: 0.5 }]);
  expect(problems[0]).toContain('line 2: seconds must be a number, got "soon"');
});

it('the clock of a run does not go back', () => {
  const lines = [
    [1, 0.5],
    [2, 0.5],
    [2, 0.6],
    [3, 0.4],
    [4, 0.7],
  ].map(([update, seconds]) => `${JSON.stringify({ update, seconds })}\n`);
  writeFileSync(join(run, 'timing.jsonl'), lines.join(''));
  const { rows, problems } = readTimings(run, false);
  expect(rows.map(({ update }) => update)).toEqual([1, 2, 4]);
  expect(problems[0]).toContain('2 rows left out (lines 3, 4; line 3: update must be an integer > 2, got 2)');
});

it('does not wait for a named pipe in place of rows, or for a device', () => {
  for (const make of [
    (path: string) => execFileSync('mkfifo', [path]),
    (path: string) => symlinkSync('/dev/zero', path),
  ]) {
    rmSync(file, { force: true });
    make(file);
    expect(readMetrics(run, false)).toMatchObject({ rows: [], isMissing: true });
  }
  rmSync(file);
});
