import type { Figure } from './figure.ts';

/** How a figure is coloured. */
export interface Theme {
  readonly background: string;
  readonly ink: string;
  readonly muted: string;
  readonly grid: string;
  /** Of the intervals over seeds. */
  readonly bandOpacity: string;
  /** One a group, in order; beyond them the same colours come back with another dash. */
  readonly series: readonly string[];
  /** Stop reason → colour; those not named here take `otherReasons` in order. */
  readonly reasons: Readonly<Record<string, string>>;
  readonly otherReasons: readonly string[];
}

/*
 * Okabe and Ito's eight colours, told apart with every common colour blindness ("Color Universal Design",
 * 2008). On white their yellow is darkened, on black their blue is lightened, or they could not be seen. A config is
 * blue, or vermilion, in both.
 */
const light: Theme = {
  background: '#ffffff',
  ink: '#1b1f24',
  muted: '#5b636d',
  grid: '#e4e7eb',
  bandOpacity: '0.18',
  series: ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#000000', '#b5a900'],
  reasons: { completed: '#cfd4da', stopped: '#e69f00', rolledBack: '#cc79a7' },
  otherReasons: ['#000000', '#56b4e9', '#009e73', '#b5a900'],
};

const dark: Theme = {
  background: '#14171b',
  ink: '#e8eaed',
  muted: '#9aa3ad',
  grid: '#2b3138',
  bandOpacity: '0.26',
  series: ['#6f9cff', '#ff7a33', '#2cc79a', '#e08fbe', '#e69f00', '#56b4e9', '#ffffff', '#f0e442'],
  reasons: { completed: '#434b55', stopped: '#f0e442', rolledBack: '#e08fbe' },
  otherReasons: ['#ffffff', '#6f9cff', '#2cc79a', '#ff7a33'],
};

export const themes = { light, dark } as const;
export type ThemeName = keyof typeof themes;

/** SVG dash arrays, the solid line first. */
export const DASHES = ['', '6 3', '2 2.5', '8 3 2 3', '12 4', '14 3 2 3 2 3', '3 6', '12 3 4 3'] as const;

/**
 * Groups by colour, columns of one panel by dash; where there is one group, its columns by colour.
 * @param columns of the panel; of a group without regard to its columns, 1
 */
export function seriesStyle(
  { groups }: Pick<Figure, 'groups'>,
  { group, column = 0 }: { readonly group: number; readonly column?: number },
  columns: number,
  theme: Theme,
): { color: string; dash: string } {
  const isAlone = groups.length === 1;
  const hue = isAlone && columns > 1 ? column : groups[group].hue;
  const cycle = Math.floor(hue / theme.series.length) + (isAlone ? 0 : column);
  return { color: theme.series[hue % theme.series.length], dash: DASHES[cycle % DASHES.length] };
}
