import type { ExperimentDisplay } from '../../experiment/experiment.ts';
import { stepsPerUpdate, updatesOf } from '../../config/updates.ts';
import type { PlannedRun } from '../../experiment/pool.ts';
import { counted, thousands } from '../../elementary/thousands.ts';
import { FRAMES, type LinesFor, LiveLines, type TerminalScreen } from '../live-lines.ts';
import { bar } from '../print/bar.ts';
import { duration } from '../print/quantities.ts';
import { oneLine } from '../../user-error.ts';
import { print } from '../print/print.ts';
import { cutApart, cutMiddle, pad, terminalWidth, widestOf } from '../print/width.ts';

/** What is shown of an experiment that goes on. */
export interface CommandDisplay extends ExperimentDisplay {
  /** To be told where something else was printed. */
  leave(): void;
}

/** A bar a config on a terminal; elsewhere a line a run. */
export function startDisplay(): CommandDisplay {
  return process.stdout.isTTY ? experimentBars() : experimentLines((line) => print(oneLine(line)));
}

/** A line as each run ends, where there is no terminal to redraw. */
export function experimentLines(say: (line: string) => void): CommandDisplay {
  let pace: Pace | undefined;
  let ended = 0;
  return {
    start(runs, reused, updates, folder) {
      ended = 0;
      pace = new Pace(runs, updates);
      say(
        `${folder === undefined ? '' : `${folder}: `}${counted(runs.length, 'run')} to make${reused > 0 ? `, ${reused} are there already` : ''}`,
      );
    },
    ended(run, { status, failure }) {
      if (pace === undefined || status === 'interrupted') return;
      ended += 1;
      pace.end(run);
      const why = failure === null ? '' : `: ${failure.split('\n')[0]}`;
      const { speed, left } = pace.words();
      const of = `${ended}/${pace.runs.length}`;
      say(`${of}  ${run.label} seed ${run.config.seed} ${status}${why}  ${speed}  ${left} left`);
    },
    leave() {},
    stop() {},
  };
}

/** Cells of a label, where there is room, and where there is not. */
const [MOST_LABEL, LEAST_LABEL] = [40, 10];
/** Cells of a bar, where there is room, and where there is not. */
const [WIDE_BAR, NARROW_BAR] = [24, 6];

/** One bar for all runs and, where there is room for all of these, one per config, redrawn in place. */
export function experimentBars(screen: TerminalScreen = process.stdout): CommandDisplay {
  let live: LiveLines | undefined;
  let timer: NodeJS.Timeout | undefined;
  let lines: LinesFor = () => [];
  let ended = new Map<string, number>();
  let pace: Pace | undefined;
  return {
    start(runs, reused, updates, folder) {
      const own = new Pace(runs, updates);
      pace = own;
      const sizes = runs.map(({ config }) => updatesOf(config));
      const byLabel = new Map<string | undefined, number[]>([[undefined, [...runs.keys()]]]);
      runs.forEach(({ label }, i) => {
        const own = byLabel.get(label);
        if (own === undefined) byLabel.set(label, [i]);
        else own.push(i);
      });
      const all = [...byLabel].map(([label, own]) => ({
        name: oneLine(label ?? folder ?? 'all'),
        label,
        own,
        total: own.reduce((sum, i) => sum + sizes[i], 0),
      }));
      ended = new Map();
      lines = (cells, most) => {
        const whose = all.length > most ? all.slice(0, 1) : all;
        const done = updates();
        const finished = [...ended.values()].reduce((sum, each) => sum + each, 0);
        const { speed, left } = own.words();
        const bars = whose.map(({ label, own, total }): Progress => {
          const share = total === 0 ? 1 : own.reduce((sum, i) => sum + done[i], 0) / total;
          const count = `${label === undefined ? finished : (ended.get(label) ?? 0)}/${own.length} runs`;
          return { share, count };
        });
        const there = reused > 0 ? `, ${reused} were there` : '';
        return barLines(
          whose.map(({ name }) => name),
          bars,
          { there, speed, left },
          cells,
        );
      };
      live = new LiveLines([], screen);
      timer = setInterval(() => live?.draw(lines), 1000 / FRAMES);
    },
    ended(run, { status }) {
      if (status === 'interrupted') return;
      ended.set(run.label, (ended.get(run.label) ?? 0) + 1);
      pace?.end(run);
    },
    leave: () => live?.leave(),
    stop() {
      clearInterval(timer);
      live?.end(lines);
      live = undefined;
    },
  };
}

interface Progress {
  /** In [0, 1]. */
  readonly share: number;
  /** `3/10 runs` */
  readonly count: string;
}

/** Of all runs, beside the first bar. */
interface Words {
  readonly there: string;
  readonly speed: string;
  readonly left: string;
}

/** A line a bar. Where there is little room the speed goes first, then the bars and labels get shorter. */
function barLines(
  names: readonly string[],
  bars: readonly Progress[],
  { there, speed, left }: Words,
  cells: number,
): string[] {
  const [all] = bars;
  const end = `${left.padStart(9)} left`;
  const width = Math.min(MOST_LABEL, Math.max(4, widestOf(names)));
  const candidates = [
    { words: `${all.count}${there}  ${speed}  ${end}`, label: width },
    { words: `${all.count}${there}  ${end}`, label: width },
    { words: `${all.count}  ${end}`, label: Math.min(LEAST_LABEL, width) },
    { words: end, label: 0 },
  ];
  // Beside the words, a space after the label and the percentage.
  const roomBeside = (words: string): number => cells - terminalWidth(words) - ' '.length - ' 100%  '.length;
  const fits = ({ words, label }: (typeof candidates)[0]): boolean => roomBeside(words) >= label + NARROW_BAR;
  const first = (candidates.find(fits) ?? candidates[3]).words;
  const room = roomBeside(first);
  const label = Math.max(4, Math.min(width, room - NARROW_BAR));
  const size = Math.max(0, Math.min(WIDE_BAR, room - label));
  const shortNames = cutApart(names, label);
  return bars.map(({ share, count }, i) => {
    const percent = `${Math.floor(100 * share)}%`.padStart(4);
    const line = `${pad(shortNames[i], label)} ${bar(share, size)} ${percent}  ${i === 0 ? first : count}`;
    return cutMiddle(line, cells);
  });
}

/** Steps a second over all runs since the start, and the time left at that pace. */
class Pace {
  readonly runs: readonly PlannedRun[];
  private readonly updates: () => readonly number[];
  private readonly start = performance.now();
  /** Of an update of each run. */
  private readonly steps: readonly number[];
  /** Updates of each run. */
  private readonly sizes: readonly number[];
  /** Those that ended: of one that failed nothing is left. */
  private readonly over = new Set<PlannedRun>();
  private said = { speed: '', left: '–' };
  private since = Number.NEGATIVE_INFINITY;

  constructor(runs: readonly PlannedRun[], updates: () => readonly number[]) {
    this.runs = runs;
    this.updates = updates;
    this.steps = runs.map(({ config }) => stepsPerUpdate(config));
    this.sizes = runs.map(({ config }) => updatesOf(config));
  }

  end(run: PlannedRun): void {
    this.over.add(run);
  }

  /** As of a frame ago at most: of many short runs, ever more of them end in one, and all are looked at. */
  words(): { readonly speed: string; readonly left: string } {
    const now = performance.now();
    if (now - this.since < 1000 / FRAMES && this.over.size < this.runs.length) return this.said;
    this.since = now;
    const updates = this.updates();
    const done = this.stepsOf(updates);
    const rest = this.stepsOf(
      this.runs.map((run, i) => (this.over.has(run) ? 0 : this.sizes[i] - updates[i])),
    );
    const seconds = (now - this.start) / 1000;
    const left = done === 0 ? Number.NaN : (rest * seconds) / done;
    this.said = { speed: `${thousands(done / seconds)} steps/s`, left: duration(left) };
    return this.said;
  }

  private stepsOf(updates: readonly number[]): number {
    return updates.reduce((sum, each, i) => sum + each * this.steps[i], 0);
  }
}
