/** Mean KL(π_old‖π_new) per update, nats, that all configs are brought to, or those of each world. */
export type KlTarget = number | Readonly<Record<string, number>>;

/** 0.002, or `0.001 in cliff, 0.002 in cart-pole`. @param figure how one is written */
export function targetInWords(target: KlTarget, figure: (value: number) => string): string {
  if (typeof target === 'number') return figure(target);
  return Object.entries(target)
    .map(([world, each]) => `${figure(each)} in ${world}`)
    .join(', ');
}

/** Where each config came to; more of it in a report. */
interface Calibration {
  /** Relative: |mean KL − target| ≤ tolerance·target. */
  readonly tolerance: number;
  readonly configs: readonly {
    readonly label: string;
    /** Nats. */
    readonly target: number;
    /** Whether it was there on the calibration's seeds. */
    readonly reached: boolean;
    /** Mean KL of the comparison's own runs, nats; null where none has rows. */
    readonly klMeanCompared: number | null;
  }[];
}

/** Labels of the configs that are not at the KL asked for, on the calibration's seeds or on the comparison's. */
export function offTarget(calibration: Calibration | null): ReadonlySet<string> {
  const { tolerance = 0, configs = [] } = calibration ?? {};
  const off = configs.filter(
    ({ reached, klMeanCompared, target }) =>
      !reached || klMeanCompared === null || Math.abs(klMeanCompared - target) > tolerance * target,
  );
  return new Set(off.map(({ label }) => label));
}
