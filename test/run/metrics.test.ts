import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ledgerFields } from '../../src/trust-region/ledger.ts';
import { encodeJson, encodeRow, metricFields, penaltyFields, trpoFields } from '../../src/run/metrics.ts';

describe('encodeJson', () => {
  it('writes what is not finite as a string', () => {
    const row = { a: Number.NaN, b: Number.POSITIVE_INFINITY, c: Number.NEGATIVE_INFINITY, d: 1.5, e: null };
    const text = encodeJson(row);
    expect(text).toBe('{"a":"NaN","b":"Infinity","c":"-Infinity","d":1.5,"e":null}');
  });
});

describe('encodeRow', () => {
  it('is the JSON of the row, words for what is not finite', () => {
    expect(encodeRow({ a: 1, b: 'x', c: null, d: true })).toBe('{"a":1,"b":"x","c":null,"d":true}');
    expect(encodeRow({ a: 1, b: Number.NaN })).toBe('{"a":1,"b":"NaN"}');
  });
});

describe('docs/metrics.md', () => {
  const page = readFileSync(new URL('../../docs/metrics.md', import.meta.url), 'utf8');

  it.each(
    [...metricFields, ...penaltyFields, ...trpoFields, ...ledgerFields].map((f) => [f.name, f] as const),
  )('defines %s as the code does', (_, f) => {
    const escaped = f.meaning.replaceAll('|', '\\|');
    expect(page).toContain(`| \`${f.name}\` | ${f.unit} | ${escaped} |`);
  });
});
