import { mean } from '../../elementary/mean.ts';
import type { SweepReport } from '../../experiment/report-data.ts';
import { quantity } from './quantities.ts';
import { plainTable } from './table.ts';

const SHADES = ['  ', '░░', '▒▒', '▓▓', '██'];
/** Bins of a parameter that was sampled from a range. */
const BINS = 6;

/**
 * Final return over the first two parameters: the number and a shade between the least and the greatest;
 * further parameters are averaged over. '' where there are not two parameters.
 */
export function heatMap({ parameters, points, method, rungs }: SweepReport): string {
  if (parameters.length < 2) return '';
  const axes = [0, 1].map((d) => axisOf(points, d, parameters[d].scale, method));
  const [rows, columns] = axes;
  const cells = rows.map((row) =>
    columns.map((column) => {
      const inside = points.filter(({ values }) => row.holds(values[0]) && column.holds(values[1]));
      // A mean that leaves out points all of whose runs failed, or that are stuck, would hide them.
      if (inside.some(({ completed }) => completed === 0)) return 'failed';
      if (inside.some(({ finalIqm, completed }) => finalIqm === null && completed > 0)) return 'stuck';
      const returns = inside.map(({ finalIqm }) => finalIqm).filter((value) => value !== null);
      return returns.length === 0 ? null : mean(returns);
    }),
  );
  const known = cells.flat().filter((value) => typeof value === 'number');
  if (known.length === 0) return '';
  const [least, most] = [Math.min(...known), Math.max(...known)];
  const cell = (value: number | 'stuck' | 'failed' | null): string => {
    if (value === null) return '·';
    if (typeof value === 'string') return value;
    const share = most === least ? 1 : (value - least) / (most - least);
    return `${quantity(Number(value.toPrecision(3)))} ${SHADES[Math.round(share * (SHADES.length - 1))]}`;
  };
  const table = plainTable(
    [`${parameters[0].path} ↓  ${parameters[1].path} →`, ...columns.map(({ title }) => title)],
    rows.map(({ title }, i) => [title, ...cells[i].map(cell)]),
  );
  const others = parameters.length > 2 ? ', mean over the other parameters' : '';
  const mixed = rungs.length > 1 ? ', each at its last rung' : '';
  return `${table}\nfinal return (IQM)${others}${mixed}; ██ is ${quantity(Number(most.toPrecision(3)))}`;
}

interface Interval {
  readonly title: string;
  holds(value: unknown): boolean;
}

/** The values of a grid or list one by one; bins of what was sampled from a range. */
function axisOf(
  points: SweepReport['points'],
  d: number,
  scale: 'list' | 'linear' | 'log',
  method: SweepReport['method'],
): Interval[] {
  const values = [...new Set(points.map(({ values: own }) => own[d]))];
  if (scale === 'list' || method === 'grid' || values.length <= BINS) {
    const keys = new Set(values.map((value) => JSON.stringify(value)));
    return [...keys].map((key) => ({ title: key, holds: (value) => JSON.stringify(value) === key }));
  }
  const along = (value: number): number => (scale === 'log' ? Math.log(value) : value);
  const back = (value: number): number => (scale === 'log' ? Math.exp(value) : value);
  const positions = values.map((value) => along(value as number));
  const [least, most] = [Math.min(...positions), Math.max(...positions)];
  const width = (most - least) / BINS;
  return Array.from({ length: BINS }, (_, bin) => ({
    title: `${quantity(Number(back(least + bin * width).toPrecision(2)))}…`,
    holds: (value) => Math.min(BINS - 1, Math.floor((along(value as number) - least) / width)) === bin,
  }));
}
