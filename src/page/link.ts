const GREATEST_SEED = 2 ** 32 - 1;

/** What the address of a page says behind its `#`, with a line for each thing of it that makes no sense, which is left out. */
export class Link {
  readonly query: URLSearchParams;
  readonly problems: string[] = [];

  constructor(hash: string) {
    this.query = new URLSearchParams(hash.replace(/^#/, ''));
  }

  /** A word of a list; undefined where the address has none of it. */
  oneOf<T extends string>(name: string, allowed: readonly T[]): T | undefined {
    const word = this.query.get(name);
    return word === null ? undefined : this.known(name, word, allowed);
  }

  /** Words of a list, each given by itself. */
  someOf(name: string, allowed: readonly string[]): string[] {
    return this.query.getAll(name).filter((word) => this.known(name, word, allowed) !== undefined);
  }

  /** So many numbers with commas between them. */
  numbers(
    name: string,
    count: number,
    isGood: (values: readonly number[]) => boolean,
  ): readonly number[] | undefined {
    const text = this.query.get(name);
    if (text === null) return undefined;
    const values = text.split(',').map((word) => (word.trim() === '' ? Number.NaN : Number(word)));
    if (values.length === count && values.every(Number.isFinite) && isGood(values)) return values;
    this.problems.push(`the link’s ${name} makes no sense: ${quoted(text)}`);
    return undefined;
  }

  /** A seed of random streams; 0 where the address has none. */
  seed(): number {
    const text = this.query.get('seed');
    if (text === null) return 0;
    if (/^\d+$/.test(text) && Number(text) <= GREATEST_SEED) return Number(text);
    this.problems.push(
      `the link’s seed must be a whole number from 0 to ${GREATEST_SEED}, got ${quoted(text)}`,
    );
    return 0;
  }

  /** Names that a page does not know. */
  refuseOthers(known: readonly string[]): void {
    for (const name of new Set(this.query.keys()))
      if (!known.includes(name))
        this.problems.push(`the link’s ${quoted(name)} means nothing here; it can have ${known.join(', ')}`);
  }

  private known<T extends string>(name: string, word: string, allowed: readonly T[]): T | undefined {
    const found = allowed.find((each) => each === word);
    if (found === undefined)
      this.problems.push(`the link’s ${name} must be ${allowed.join(', ')}, got ${quoted(word)}`);
    return found;
  }
}

/** The beginning of what somebody wrote. */
export function quoted(text: string): string {
  return JSON.stringify(text.slice(0, 40));
}
