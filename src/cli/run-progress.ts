import { RunningMean } from '../elementary/mean.ts';
import type { MetricsRow } from '../row/metrics.ts';
import type { Timing } from '../row/timing.ts';
import { thousands } from '../elementary/thousands.ts';
import { duration, quantity } from './print/quantities.ts';

/** Shows a run as it goes. */
export interface RunDisplay {
  update(row: MetricsRow, timing: Timing, updates: number): void;
  end(): void;
}

/** Lines of a run where there is no terminal to redraw. */
const LINES = 20;

/** About 20 lines a run, the first and the last update among them. */
export function lineDisplay(print: (line: string) => void): RunDisplay {
  let recent: ReturnType<typeof recentReturns> | undefined;
  return {
    update(row, timing, updates) {
      recent ??= recentReturns(Math.ceil(updates / LINES));
      const returnMean = recent(row);
      const isDue =
        Math.floor((row.update * LINES) / updates) > Math.floor(((row.update - 1) * LINES) / updates);
      if (!isDue && row.update !== 1) return;
      const width = String(updates).length;
      const progress = `update ${String(row.update).padStart(width)}/${updates}`;
      print(`${progress}  ${figuresOf(row, returnMean)}  ${paceOf(row, timing, updates)}`);
    },
    end() {},
  };
}

/** A bar that redraws itself; it leaves its last state on the terminal. */
export async function barDisplay(): Promise<RunDisplay> {
  const { default: progress } = await import('cli-progress');
  // The whole line takes 118 columns; what does not fit is cut off at its end.
  const isNarrow = process.stdout.columns < 118;
  const bar = new progress.SingleBar({
    format: '{bar} {percentage}%  {figures}  {pace}',
    barsize: isNarrow ? 6 : 20,
    barCompleteChar: '█',
    barIncompleteChar: '░',
    stream: process.stdout,
    hideCursor: true,
    gracefulExit: false,
    fps: 10,
  });
  let recent: ReturnType<typeof recentReturns> | undefined;
  return {
    update(row, timing, updates) {
      recent ??= recentReturns(Math.ceil(updates / LINES));
      const payload = {
        figures: figuresOf(row, recent(row), isNarrow),
        pace: paceOf(row, timing, updates, isNarrow),
      };
      if (!bar.isActive) bar.start(updates, 0, payload);
      bar.update(row.update, payload);
    },
    end() {
      if (!bar.isActive) return;
      bar.stop();
      // The bar's last drawing may have gone over a message: what is left of that below the bar goes.
      process.stdout.write('\x1b[J');
    },
  };
}

/** Mean return of the episodes finished in the last `updates` updates; null where there were none. */
function recentReturns(updates: number): (row: MetricsRow) => number | null {
  const rows: MetricsRow[] = [];
  return (row) => {
    rows.push(row);
    if (rows.length > updates) rows.shift();
    const mean = new RunningMean();
    for (const { returnMean, episodes } of rows) if (returnMean !== null) mean.add(returnMean, episodes);
    return mean.weight === 0 ? null : mean.value;
  };
}

function figuresOf(row: MetricsRow, returnMean: number | null, isNarrow = false): string {
  const kl = `${row.klOldNewMean.toFixed(4)}/${quantity(row.delta)}${row.deltaViolated ? '!' : ' '}`;
  const reward = quantity(returnMean).padEnd(7);
  // An objective without ε clips nothing.
  const share = row.clipFraction === null ? '' : `clip ${row.clipFraction.toFixed(2)} `;
  if (isNarrow) return `return ${reward} KL ${kl} ${share}H ${row.entropy.toFixed(2)}`;
  return `return ${reward}  KL/δ ${kl}  ${share && `${share} `}entropy ${row.entropy.toFixed(3)}`;
}

/** Steps a second over the whole run so far, and how long the rest takes at that pace. */
function paceOf(row: MetricsRow, { seconds }: Timing, updates: number, isNarrow = false): string {
  const left = duration((seconds / row.update) * (updates - row.update));
  const speed = thousands(row.steps / seconds);
  return isNarrow ? `${speed}/s ${left}` : `${speed} steps/s  ${left} left`;
}
