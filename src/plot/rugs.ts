import { thousands } from '../elementary/thousands.ts';
import type { Panel, Violations } from './figure.ts';

/** The rows of ticks above a panel, one a group that left δ. */
export interface Rugs {
  readonly rows: readonly Violations[];
  /** Pixels of a row and the gap below it. */
  readonly pitch: number;
  /** Pixels of all, and of the gap to the panel. */
  readonly height: number;
  /** What the ticks and percentages are, the long form first; none without ticks. */
  readonly captions: readonly string[];
}

export function rugsOf(violations: Panel['violations']): Rugs {
  const rows = violations.filter(({ total }) => total > 0);
  const pitch = rows.length > 10 ? 6 : 10;
  const isOfSteps = rows.some(({ what }) => what === 'steps');
  const isOfSeeds = rows.some(({ share }) => share.some((each) => each < 1));
  const rollback = rows.some(({ what }) => what === 'rollbacks')
    ? `; ${ROLLED_BACK}: rolled back instead`
    : '';
  return {
    rows,
    pitch,
    height: rows.length * pitch + (rows.length > 0 ? 4 : 0),
    captions:
      rows.length === 0
        ? []
        : captionsOf(isOfSteps ? 'step inside an update' : 'update', isOfSeeds, rollback),
  };
}

function captionsOf(one: string, isOfSeeds: boolean, rollback: string): string[] {
  const fainter = isOfSeeds ? ', fainter in fewer seeds' : '';
  const all = one === 'update' ? 'updates' : 'steps';
  return [
    `tick: ${one} outside δ${fainter}; right: share of all ${all}${rollback}`,
    `tick: ${one} outside δ; right: of all ${all}${rollback}`,
    `ticks and %: ${one === 'update' ? 'updates' : 'steps'} outside δ${rollback}`,
  ];
}

/** How full a tick is drawn, the fuller the more of the runs: one of four strengths. */
export function rugStrength(share: number): number {
  return Math.ceil(share * 4) / 4;
}

/** Marks the row of ticks that are updates rolled back. */
const ROLLED_BACK = '↺';

/** `12%`: of all updates, or steps, of the group. */
export function rugLabel({ total, of, what }: Violations): string {
  const value = (total / of) * 100;
  const sign = what === 'rollbacks' ? `${ROLLED_BACK} ` : '';
  return sign + shareOf(value);
}

function shareOf(value: number): string {
  return value > 0 && value < 1 ? '<1%' : value > 99 && value < 100 ? '>99%' : `${Math.round(value)}%`;
}

/** `3 of 9,800` */
export function shareInWords({ total, of }: Pick<Violations, 'total' | 'of'>): string {
  return `${thousands(total)} of ${thousands(of)}`;
}

/** `3 of 98 updates ended outside δ`. */
export function rugTitle(violations: Violations): string {
  const words = {
    updates: 'updates ended outside δ',
    steps: 'steps inside an update stood outside δ',
    rollbacks: 'updates were rolled back',
  };
  return `${shareInWords(violations)} ${words[violations.what]}`;
}
