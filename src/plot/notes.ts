/** Lines to be said once; counts of values are summed by what they are of. */
export class Notes {
  private readonly said = new Set<string>();
  private readonly counted = new Map<string, number>();
  private readonly missing = new Map<string, Set<string>>();
  /** Somebody has no value of something: all who have none are said in one line. */
  miss(what: string, who: string): void {
    this.missing.set(what, (this.missing.get(what) ?? new Set()).add(who));
  }
  say(line: string): void {
    this.said.add(line);
  }
  count(what: string, by: number): void {
    if (by > 0) this.counted.set(what, (this.counted.get(what) ?? 0) + by);
  }
  /** What others had to say comes behind. */
  take({ said, counted, missing }: Notes): void {
    for (const line of said) this.say(line);
    for (const [what, by] of counted) this.count(what, by);
    for (const [what, who] of missing) for (const each of who) this.miss(what, each);
  }
  lines(): string[] {
    const missing = [...this.missing].map(([what, who]) => `${what}: none in ${[...who].join(', ')}`);
    return [...missing, ...this.said, ...[...this.counted].map(([what, n]) => `${what}: ${n}`)];
  }
}
