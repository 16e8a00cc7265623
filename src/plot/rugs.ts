import type { Panel, Violations } from './figure.ts';

/** The rows of ticks above a panel, one a group that left δ. */
export interface Rugs {
  readonly rows: readonly Violations[];
  /** Pixels of a row and the gap below it. */
  readonly pitch: number;
  /** Pixels of all, and of the gap to the panel. */
  readonly height: number;
}

export function rugsOf(violations: Panel['violations']): Rugs {
  const rows = violations.filter(({ total }) => total > 0);
  const pitch = rows.length > 10 ? 6 : 10;
  return { rows, pitch, height: rows.length * pitch + (rows.length > 0 ? 4 : 0) };
}

/** How full a tick is drawn, the fuller the more of the runs: one of four strengths. */
export function rugStrength(share: number): number {
  return Math.ceil(share * 4) / 4;
}

/** `12% > δ`: of all updates of the group. */
export function rugLabel({ total, of }: Violations): string {
  const value = (total / of) * 100;
  return `${value > 0 && value < 1 ? '<1%' : `${Math.round(value)}%`} > δ`;
}
