import type { Config } from '../../config/schema.ts';
import type { WrittenRow } from '../../row/metrics.ts';

/** A config as it is given to a tab: the text of a file, and what is said over it. */
export interface GivenConfig {
  /** JSON. */
  readonly text: string;
  /** How what is wrong names it: a file's name. */
  readonly place: string;
  /** Path of a setting → its value, as `--set` says them. */
  readonly settings: Readonly<Record<string, string>>;
}

/** What a page tells the worker that trains. The first is `open`, once. */
export type Order =
  | { readonly kind: 'open'; readonly given: GivenConfig; readonly threads: 1 | 'auto' }
  | { readonly kind: 'run' }
  | { readonly kind: 'pause' }
  /** One update, then it pauses. */
  | { readonly kind: 'update' };

/** What a training was opened with. */
export interface Opened {
  readonly config: Config;
  /** Updates of the whole run. */
  readonly updates: number;
  /** Whether the value network may have a thread of its own. */
  readonly threads: 1 | 'auto';
}

/** What the worker tells. */
export type Report =
  | { readonly kind: 'opened'; readonly opened: Opened }
  /** What is wrong with the config, one line each. */
  | { readonly kind: 'refused'; readonly problems: readonly string[] }
  | { readonly kind: 'rows'; readonly rows: readonly WrittenRow[] }
  /** It waits; `sha256` of the parameters as they are now, as `run.json` has that of the end. */
  | { readonly kind: 'paused'; readonly update: number; readonly sha256: string; readonly isDone: boolean }
  /** It cannot go on, one line. */
  | { readonly kind: 'failed'; readonly problem: string };
