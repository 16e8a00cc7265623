import { readFileSync } from 'node:fs';
import type { GoldenRecord } from './record.ts';

export const HASHES = new URL('hashes.json', import.meta.url);

/** The records that are kept, by name. */
export function readHashes(): Readonly<Record<string, GoldenRecord>> {
  return JSON.parse(readFileSync(HASHES, 'utf8')) as Record<string, GoldenRecord>;
}

/** What a case has now that it did not have, in words, rows with the first update and the columns; empty: nothing. */
export function changes(kept: GoldenRecord | undefined, now: GoldenRecord): string[] {
  if (kept === undefined) return ['is not in hashes.json: npm run golden -- --write'];
  const whole = (['parameters', 'ledger', 'moments'] as const)
    .filter((part) => kept[part] !== now[part])
    .map((part) => `${part} changed`);
  return kept.rows === now.rows ? whole : [...whole, `rows changed${whereRowsChanged(kept, now)}`];
}

function whereRowsChanged(kept: GoldenRecord, now: GoldenRecord): string {
  const [before, after] = [kept, now].map(({ byUpdate }) => byUpdate.split(' '));
  const update = 1 + before.findIndex((hash, i) => hash !== after[i]);
  const first = update > 0 ? ` from update ${update} of ${before.length}` : '';
  const length = before.length === after.length ? '' : `, ${after.length} instead of ${before.length}`;
  const [old, own] = [kept, now].map(({ byColumn }) => new Map(byColumn.split(' ').map(splitAtLast)));
  const gone = [...old.keys()].filter((name) => !own.has(name)).map((name) => `${name} (gone)`);
  const differing = [...own].flatMap(([name, hash]) =>
    old.has(name) ? (old.get(name) === hash ? [] : [name]) : [`${name} (new)`],
  );
  const columns = [...differing, ...gone];
  return `${first}${length}: ${columns.length > 0 ? columns.join(', ') : 'the order or spelling of their columns'}`;
}

function splitAtLast(text: string): [string, string] {
  const at = text.lastIndexOf(':');
  return [text.slice(0, at), text.slice(at + 1)];
}
