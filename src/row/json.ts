/** JSON that is always valid: NaN and ±Infinity become the strings "NaN", "Infinity" and "-Infinity". */
export function encodeJson(value: unknown, indent?: number): string {
  return JSON.stringify(
    value,
    (_, v) => (typeof v === 'number' && !Number.isFinite(v) ? String(v) : v),
    indent,
  );
}

const NON_FINITE: ReadonlyMap<string, number> = new Map(
  [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY].map((value) => [String(value), value]),
);

/** The number that `encodeJson` wrote as this word; undefined where it wrote none so. */
export function nonFinite(word: string): number | undefined {
  return NON_FINITE.get(word);
}
