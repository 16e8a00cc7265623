import type { MultiBar, SingleBar } from 'cli-progress';
import type { ExperimentDisplay } from '../../experiment/experiment.ts';
import { type PlannedRun, plannedUpdates, stepsPerUpdate } from '../../experiment/pool.ts';
import { thousands } from '../../elementary/thousands.ts';
import { duration } from '../print/quantities.ts';
import { oneLine } from '../../user-error.ts';
import { print } from '../print/print.ts';

/** A bar a config on a terminal; elsewhere a line a run. */
export async function startDisplay(): Promise<ExperimentDisplay> {
  return process.stdout.isTTY ? await experimentBars() : experimentLines((line) => print(oneLine(line)));
}

/** A line as each run ends, where there is no terminal to redraw. */
export function experimentLines(say: (line: string) => void): ExperimentDisplay {
  let pace: Pace | undefined;
  let ended = 0;
  return {
    start(runs, reused, updates, folder) {
      ended = 0;
      pace = new Pace(runs, updates);
      say(
        `${folder === undefined ? '' : `${folder}: `}${thousands(runs.length)} runs to make${reused > 0 ? `, ${reused} are there already` : ''}`,
      );
    },
    ended(run, { status, failure }) {
      if (pace === undefined || status === 'interrupted') return;
      ended += 1;
      const why = failure === null ? '' : `: ${failure.split('\n')[0]}`;
      say(
        `${ended}/${pace.runs.length}  ${run.label} seed ${run.config.seed} ${status}${why}  ${pace.words()}`,
      );
    },
    stop() {},
  };
}

/** Configs that get a bar each; more would not fit on the terminal, and only the first bar is shown. */
const MOST_BARS = 12;
/** Redraws a second; also how often the pool is asked. */
const FRAMES = 5;

/** One bar for all runs and, where they fit, one per config, redrawn in place. */
export async function experimentBars(): Promise<ExperimentDisplay> {
  const { default: progress } = await import('cli-progress');
  let bars: MultiBar | undefined;
  let timer: NodeJS.Timeout | undefined;
  let draw = (): void => {};
  let ended = new Map<string, number>();
  return {
    start(runs, reused, updates, folder) {
      const pace = new Pace(runs, updates);
      const labels = [...new Set(runs.map(({ label }) => label))];
      const width = Math.min(40, Math.max(4, (folder ?? '').length, ...labels.map((label) => label.length)));
      ended = new Map();
      bars = new progress.MultiBar({
        format: '{label} {bar} {percentage}%  {words}',
        barsize: 24,
        barCompleteChar: '█',
        barIncompleteChar: '░',
        stream: process.stdout,
        hideCursor: true,
        gracefulExit: false,
        fps: FRAMES,
        clearOnComplete: false,
        forceRedraw: true,
      });
      const add = (label: string, total: number): SingleBar =>
        (bars as MultiBar).create(total, 0, {
          label: oneLine(label).slice(0, width).padEnd(width),
          words: '',
        });
      const sizes = runs.map(({ config }) => plannedUpdates(config));
      const totalOf = (values: readonly number[], label?: string): number =>
        values.reduce(
          (sum, value, i) => sum + (label === undefined || runs[i].label === label ? value : 0),
          0,
        );
      const all = add(folder ?? 'all', totalOf(sizes));
      const shown = labels.length > MOST_BARS ? [] : labels;
      const perLabel = shown.map((label) => ({ label, bar: add(label, totalOf(sizes, label)) }));
      const there = reused > 0 ? `, ${reused} were there` : '';
      draw = () => {
        const done = updates();
        const finished = [...ended.values()].reduce((sum, each) => sum + each, 0);
        all.update(totalOf(done), { words: `${finished}/${runs.length} runs${there}  ${pace.words()}` });
        for (const { label, bar } of perLabel) {
          const own = runs.filter((run) => run.label === label).length;
          bar.update(totalOf(done, label), { words: `${ended.get(label) ?? 0}/${own} runs` });
        }
      };
      timer = setInterval(draw, 1000 / FRAMES);
    },
    ended(run, { status }) {
      if (status !== 'interrupted') ended.set(run.label, (ended.get(run.label) ?? 0) + 1);
    },
    stop() {
      clearInterval(timer);
      draw();
      bars?.stop();
      bars = undefined;
    },
  };
}

/** Steps a second over all runs since the start, and the time left at that pace. */
class Pace {
  readonly runs: readonly PlannedRun[];
  private readonly updates: () => readonly number[];
  private readonly start = performance.now();
  /** Of an update of each run. */
  private readonly steps: readonly number[];
  private readonly total: number;
  private said = '';
  private since = Number.NEGATIVE_INFINITY;

  constructor(runs: readonly PlannedRun[], updates: () => readonly number[]) {
    this.runs = runs;
    this.updates = updates;
    this.steps = runs.map(({ config }) => stepsPerUpdate(config));
    this.total = this.stepsOf(runs.map(({ config }) => plannedUpdates(config)));
  }

  /** As of a frame ago at most: of many short runs, ever more of them end in one, and all are looked at. */
  words(): string {
    const now = performance.now();
    if (now - this.since < 1000 / FRAMES) return this.said;
    this.since = now;
    const done = this.stepsOf(this.updates());
    const seconds = (now - this.start) / 1000;
    const left = done === 0 ? Number.NaN : ((this.total - done) * seconds) / done;
    this.said = `${thousands(done / seconds)} steps/s  ${duration(left)} left`;
    return this.said;
  }

  private stepsOf(updates: readonly number[]): number {
    return updates.reduce((sum, each, i) => sum + each * this.steps[i], 0);
  }
}
