import type { Config } from '../../config/schema.ts';
import type { RunGroup } from '../../plot/group-runs.ts';
import type { LedgerRow } from '../../row/ledger.ts';
import type { WrittenRow } from '../../row/metrics.ts';
import { stepsAsRun } from '../gradient-steps.ts';
import { RunRows } from './run-rows.ts';
import { Session } from './session.ts';
import type { GivenConfig, Opened, Standing } from './wire.ts';

/** One of two trainings that are shown side by side. */
export class Side {
  readonly label: string;
  private readonly onChange: () => void;
  private readonly session: Session;
  private readonly rows = new RunRows();
  private config: Config | undefined;
  private steps: readonly LedgerRow[] = [];
  opened: Opened | undefined;
  /** Of the parameters, where it waits. */
  sha256: string | undefined;
  /** What is wrong, one line each. */
  problems: readonly string[] = [];
  isRunning = false;
  isDone = false;
  /** Where it stands still in the middle of an update. */
  standing: Standing | undefined;

  constructor(label: string, given: GivenConfig, onChange: () => void) {
    this.label = label;
    this.onChange = onChange;
    this.session = new Session(
      given,
      {
        opened: (opened) => {
          this.opened = opened;
          this.config = opened.config;
          onChange();
        },
        refused: (problems) => this.stop(problems),
        rows: (rows) => {
          this.rows.append(rows);
          onChange();
        },
        steps: (steps) => {
          this.steps = steps;
          onChange();
        },
        standing: (standing) => {
          this.standing = standing;
          onChange();
        },
        paused: (update, sha256, isDone) => this.paused(update, sha256, isDone),
        failed: (problem) => {
          this.isDone = true;
          this.stop([problem]);
        },
      },
      1,
    );
  }

  /** Updates that are shown. */
  get update(): number {
    return this.rows.rows.length;
  }

  /** The row that was made last. */
  get row(): WrittenRow | undefined {
    return this.rows.rows.at(-1);
  }

  run(until: number): void {
    if (this.isDone || this.opened === undefined || this.update >= until) return;
    this.isRunning = true;
    this.standing = undefined;
    this.sha256 = undefined;
    this.session.run(until);
  }

  pause(): void {
    this.session.pause();
  }

  step(): void {
    if (this.isDone || this.isRunning) return;
    this.sha256 = undefined;
    this.session.step();
  }

  rewind(update: number): void {
    Object.assign(this, { steps: [], standing: undefined, sha256: undefined, isRunning: true });
    this.session.rewind(update);
  }

  change(given: GivenConfig): void {
    this.problems = [];
    this.session.change(given);
  }

  end(): void {
    this.session.end();
  }

  curves(): RunGroup[] {
    const { label, config, rows, isDone } = this;
    return config === undefined ? [] : [{ label, runs: [rows.plotted(label, config, isDone)] }];
  }

  gradientSteps(): RunGroup[] {
    const { label, config, steps } = this;
    return config === undefined || steps.length === 0
      ? []
      : [{ label, runs: [stepsAsRun(label, config, steps)] }];
  }

  private paused(update: number, sha256: string, isDone: boolean): void {
    this.rows.cut(update);
    Object.assign(this, { sha256, isDone, isRunning: false, standing: undefined });
    this.onChange();
  }

  private stop(problems: readonly string[]): void {
    Object.assign(this, { problems, isRunning: false, standing: undefined });
    this.onChange();
  }
}
