import type { LedgerRow } from '../../row/ledger.ts';
import type { WrittenRow } from '../../row/metrics.ts';
import type { GivenConfig, Opened, Order, Report, Standing } from './wire.ts';

/** What a training tells whoever shows it. */
export interface Listener {
  opened(opened: Opened): void;
  /** What is wrong with the config, one line each. */
  refused(problems: readonly string[]): void;
  rows(rows: readonly WrittenRow[]): void;
  /** Gradient steps of the update that is looked into, as far as they were taken. */
  steps?(steps: readonly LedgerRow[]): void;
  /** It stands still in the middle of an update. */
  standing(standing: Standing): void;
  paused(update: number, sha256: string, isDone: boolean): void;
  failed(problem: string): void;
}

/** A training in a worker of its own. */
export class Session {
  private readonly worker = new Worker('train.js');

  /** @param threads auto: two where the page may share memory and that is faster */
  constructor(given: GivenConfig, listener: Listener, threads: 1 | 'auto') {
    this.worker.onmessage = ({ data }: MessageEvent<Report>) => {
      if (data.kind === 'opened') listener.opened(data.opened);
      else if (data.kind === 'refused') listener.refused(data.problems);
      else if (data.kind === 'rows') listener.rows(data.rows);
      else if (data.kind === 'steps') listener.steps?.(data.steps);
      else if (data.kind === 'standstill') listener.standing(data.standing);
      else if (data.kind === 'paused') listener.paused(data.update, data.sha256, data.isDone);
      else listener.failed(data.problem);
    };
    // A bug has its stack in the console; its first line is the page's.
    this.worker.onerror = ({ message }) =>
      listener.failed(
        message ? `the worker failed: ${message}` : 'train.js, which trains, is not beside the page',
      );
    this.tell({ kind: 'open', given, threads });
  }

  /** Goes on. @param until the update after which it pauses */
  run(until = Number.POSITIVE_INFINITY): void {
    this.tell({ kind: 'run', until });
  }

  pause(): void {
    this.tell({ kind: 'pause' });
  }

  /** One gradient step, or try of a line search. */
  step(): void {
    this.tell({ kind: 'step' });
  }

  rewind(update: number): void {
    this.tell({ kind: 'rewind', update });
  }

  /** Goes on with other settings. */
  change(given: GivenConfig): void {
    this.tell({ kind: 'change', given });
  }

  end(): void {
    this.worker.terminate();
  }

  private tell(order: Order): void {
    this.worker.postMessage(order);
  }
}
