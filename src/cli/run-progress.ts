import { RunningMean } from '../elementary/mean.ts';
import { heldKl, type MetricsRow } from '../row/metrics.ts';
import type { Timing } from '../row/timing.ts';
import { thousands } from '../elementary/thousands.ts';
import { LiveLines, type TerminalScreen } from './live-lines.ts';
import { bar } from './print/bar.ts';
import { duration, quantity } from './print/quantities.ts';
import { terminalWidth } from './print/width.ts';

/** Shows a run as it goes. */
export interface RunDisplay {
  update(row: MetricsRow, timing: Timing, updates: number): void;
  /** To be told where something else was printed. */
  leave(): void;
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
      const { speed, left } = paceOf(row, timing, updates);
      print(`${progress}  ${figuresOf(row, returnMean)}  ${speed} steps/s  ${left} left`);
    },
    leave() {},
    end() {},
  };
}

/**
 * A line that is drawn again in place, as wide as there is room; its last state stays on the terminal.
 * @param heading stands above it
 */
export function barDisplay(heading: string, screen: TerminalScreen = process.stdout): RunDisplay {
  const live = new LiveLines([heading], screen);
  let line: (cells: number) => readonly string[] = () => [];
  let recent: ReturnType<typeof recentReturns> | undefined;
  live.draw(line);
  return {
    update(row, timing, updates) {
      recent ??= recentReturns(Math.ceil(updates / LINES));
      const returnMean = recent(row);
      line = (cells) => [barOf(row, returnMean, timing, updates, cells)];
      live.draw(line);
    },
    leave: () => live.leave(),
    end: () => live.end(line),
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

/** The first of these lines that fits: what is left out first says least of the trust region. */
function barOf(
  row: MetricsRow,
  returnMean: number | null,
  timing: Timing,
  updates: number,
  cells: number,
): string {
  const share = row.update / updates;
  const percent = `${Math.floor(100 * share)}%`.padStart(4);
  const { reward, kl, clip, entropy } = partsOf(row, returnMean);
  const { speed, left } = paceOf(row, timing, updates);
  const [figures, pace] = [`return ${reward}  KL ${kl}`, `${speed}/s`];
  const narrow = `${percent}  ${figures}`;
  const lines = [
    `${bar(share, 20)} ${percent}  ${figuresOf(row, returnMean)}  ${speed} steps/s  ${left} left`,
    `${bar(share, 6)} ${narrow} ${clip}H ${entropy.toFixed(2)}  ${pace}  ${left} left`,
    `${bar(share, 6)} ${narrow} ${clip} ${pace}  ${left} left`,
    `${bar(share, 6)} ${narrow} ${clip} ${left} left`,
    `${bar(share, 6)} ${narrow} ${left} left`,
    `${narrow} ${left} left`,
    `${percent}  ${left} left`,
  ];
  return lines.find((line) => terminalWidth(line) <= cells) ?? percent;
}

interface Parts {
  readonly reward: string;
  /** The KL that δ bounds/δ, and ! where it is outside. */
  readonly kl: string;
  /** '' of an objective without ε, which clips nothing. */
  readonly clip: string;
  readonly entropy: number;
}

function partsOf(row: MetricsRow, returnMean: number | null): Parts {
  return {
    reward: quantity(returnMean).padEnd(7),
    kl: `${heldKl(row).toFixed(4)}/${quantity(row.delta)}${row.deltaViolated ? '!' : ' '}`,
    clip: row.clipFraction === null ? '' : `clip ${row.clipFraction.toFixed(2)} `,
    entropy: row.entropy,
  };
}

function figuresOf(row: MetricsRow, returnMean: number | null): string {
  const { reward, kl, clip, entropy } = partsOf(row, returnMean);
  return `return ${reward}  KL/δ ${kl}  ${clip && `${clip} `}entropy ${entropy.toFixed(3)}`;
}

/** Steps a second over the whole run so far, and how long the rest takes at that pace. */
function paceOf(row: MetricsRow, { seconds }: Timing, updates: number): { speed: string; left: string } {
  const left = duration((seconds / row.update) * (updates - row.update));
  return { speed: thousands(row.steps / seconds), left };
}
