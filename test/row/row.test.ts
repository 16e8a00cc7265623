import { readFileSync } from 'node:fs';
import { describe, expect, it, test } from 'vitest';
import { encodeJson, nonFinite } from '../../src/row/json.ts';
import { cellOf, cellsOf, encodeRow } from '../../src/row/encode.ts';
import { definitionOf, type Field, field, type RowOf } from '../../src/row/field.ts';
import { fitFields } from '../../src/row/fit.ts';
import { ledgerFields } from '../../src/row/ledger.ts';
import { metricFields, type MetricsRow } from '../../src/row/metrics.ts';
import { withFields } from '../docs/fields.ts';
import { ordinaryRow } from '../plot/runs-on-disk.ts';

describe('encodeJson', () => {
  const cells = { a: Number.NaN, b: Number.POSITIVE_INFINITY, c: Number.NEGATIVE_INFINITY, d: 1.5, e: null };

  it('writes what is not finite as a string', () => {
    expect(encodeJson(cells)).toBe('{"a":"NaN","b":"Infinity","c":"-Infinity","d":1.5,"e":null}');
  });

  it('is undone by nonFinite, which takes no other word for a number', () => {
    const words = Object.values(JSON.parse(encodeJson(cells)) as Record<string, unknown>);
    expect(words.slice(0, 3).map((word) => nonFinite(String(word)))).toEqual([
      Number.NaN,
      Number.POSITIVE_INFINITY,
      Number.NEGATIVE_INFINITY,
    ]);
    expect(['nan', 'inf', '1', ''].map(nonFinite)).toEqual(new Array(4).fill(undefined));
  });
});

describe('a row', () => {
  const row = ordinaryRow(3, { regret: 0.5, entropy: 2 });

  it('is written with the figures of its environment beside its columns, after them', () => {
    const line = encodeRow(row);
    expect(line).toMatch(/^\{"update":3,.*"entropy":2,.*"stopReason":"completed","regret":0.5\}$/);
    expect(line).toBe(JSON.stringify(cellsOf(row)));
    expect(encodeRow(ordinaryRow(1, { regret: Number.NaN }))).toMatch(/"regret":"NaN"\}$/);
    expect(encodeRow(ordinaryRow(1, { k1: Number.NEGATIVE_INFINITY }))).toMatch(/"k1":"-Infinity",/);
  });

  it('gives its cells by name, a figure called `figures` too', () => {
    expect([cellOf(row, 'entropy'), cellOf(row, 'regret'), cellOf(row, 'klOldNew')]).toEqual([
      2,
      0.5,
      undefined,
    ]);
    const odd = ordinaryRow(1, { figures: 7 });
    expect([cellOf(odd, 'figures'), cellsOf(odd).figures]).toEqual([7, 7]);
    expect(cellOf(ordinaryRow(1), 'figures')).toBeUndefined();
  });

  it('is of no name but those of its table: the compiler says so', () => {
    // @ts-expect-error klOldNew is a column of the ledger; of a row it is klOldNewMean
    const missing: unknown = row.klOldNew;
    // @ts-expect-error an environment's figure stands under `figures`
    const apart: unknown = row.regret;
    // @ts-expect-error only rows with a KL penalty have β
    const beta: number = row.beta;
    // @ts-expect-error a word is no number
    const reason: number = row.stopReason;
    // @ts-expect-error where no episode ended there is no mean
    const mean: number = row.returnMean;
    const known: number = row.klOldNewMean;
    expect([missing, apart, beta, known]).toEqual([undefined, undefined, undefined, 0.01]);
    expect([reason, mean]).toEqual([row.stopReason, row.returnMean]);
  });

  it('must have every column that all rows have, and none that its table has not', () => {
    const { entropy: _, ...rest } = row;
    // @ts-expect-error it has no entropy
    const short: MetricsRow = rest;
    // @ts-expect-error no table has such a column
    const long: MetricsRow = { ...row, klOldNwe: 1 };
    expect([cellOf(short, 'entropy'), cellOf(long, 'klOldNwe')]).toEqual([undefined, 1]);
  });
});

test('the type of a row is that of its table: units, nulls and occasions', () => {
  const fields = [
    field('a', 'nats', ''),
    field('b', 'true or false', '', { nullWhen: 'now and then' }),
    field('c', 'word', '', { when: 'klPenalty' }),
  ] as const;
  type Is<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
  type Wanted = { readonly a: number; readonly b: boolean | null; readonly c?: string };
  const isWanted: Is<RowOf<typeof fields>, Wanted> = true;
  expect(isWanted).toBe(true);
});

test('a definition says what its table knows: words, null, occasion', () => {
  const said = (name: string): string =>
    definitionOf(metricFields.find((each) => each.name === name) as Field);
  expect(said('clipRange')).toBe('ε in this update; null where the objective has none.');
  expect(said('stopReason')).toMatch(
    /^Why its gradient steps ended; `completed`: all planned steps; .*is as it was\.$/,
  );
  expect(said('betaSaturated')).toMatch(/β of the next update; with an adaptive β\.$/);
});

test('no table has two columns of one name', () => {
  for (const fields of [metricFields, ledgerFields, fitFields]) {
    const names = fields.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  }
});

test('docs/metrics.md has the tables of the code (npm run docs writes them)', () => {
  const page = readFileSync(new URL('../../docs/metrics.md', import.meta.url), 'utf8');
  expect(withFields(page)).toBe(page);
  for (const each of [...metricFields, ...ledgerFields, ...fitFields])
    expect(page, each.name).toContain(`| \`${each.name}\` | ${each.unit} |`);
});
