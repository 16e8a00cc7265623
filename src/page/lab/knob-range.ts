/** What a number that is set by a slider may be. */
export interface KnobRange {
  readonly least: number;
  readonly most: number;
  /** Whether the slider goes by factors; least > 0. */
  readonly isLogarithmic?: boolean;
  readonly isWhole?: boolean;
}

export function isWithin({ least, most, isWhole }: KnobRange, value: number): boolean {
  return value >= least && value <= most && !(isWhole && !Number.isInteger(value));
}

/** The number at a share of the way of its slider, to three digits. */
export function valueAt({ least, most, isLogarithmic, isWhole }: KnobRange, share: number): number {
  const value = isLogarithmic ? least * (most / least) ** share : least + share * (most - least);
  return isWhole ? Math.round(value) : Number(value.toPrecision(3));
}

/** The other way round. */
export function shareOf({ least, most, isLogarithmic }: KnobRange, value: number): number {
  return isLogarithmic ? Math.log(value / least) / Math.log(most / least) : (value - least) / (most - least);
}
