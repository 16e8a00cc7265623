import type { Config } from '../../config/schema.ts';
import type { LedgerRow } from '../../row/ledger.ts';
import type { WrittenRow } from '../../row/metrics.ts';
import type { Standstill } from '../../train/standstill.ts';

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
  /** Goes on to the end of that update, or of the last, and pauses there. */
  | { readonly kind: 'run'; readonly until: number }
  | { readonly kind: 'pause' }
  /** One gradient step of PPO, or one try of TRPO's line search; behind the last the update ends. */
  | { readonly kind: 'step' }
  /** Back to the end of an update before; 0: to the beginning. */
  | { readonly kind: 'rewind'; readonly update: number }
  /** Goes on with other settings from the next update on. */
  | { readonly kind: 'change'; readonly given: GivenConfig };

/** What a training was opened with. */
export interface Opened {
  readonly config: Config;
  /** Updates of the whole run. */
  readonly updates: number;
  /** Whether it can be gone back in. */
  readonly canGoBack: boolean;
  /** Whether the value network may have a thread of its own. */
  readonly threads: 1 | 'auto';
}

/** Where a training stands still in the middle of an update. */
export interface Standing extends Standstill {
  /** The update that it is in. */
  readonly update: number;
  /** Its steps so far. */
  readonly step: number;
  /** Of the parameters as they are. */
  readonly sha256: string;
}

/** What the worker tells. */
export type Report =
  | { readonly kind: 'opened'; readonly opened: Opened }
  /** What is wrong with the config, one line each. */
  | { readonly kind: 'refused'; readonly problems: readonly string[] }
  | { readonly kind: 'rows'; readonly rows: readonly WrittenRow[] }
  /** Gradient steps of an update, as far as they were taken; of a config with `trustRegion.ledger`. */
  | { readonly kind: 'steps'; readonly steps: readonly LedgerRow[] }
  /** It stands still in the middle of an update. */
  | { readonly kind: 'standstill'; readonly standing: Standing }
  /** It waits; `sha256` of the parameters as they are now, as `run.json` has that of the end. */
  | { readonly kind: 'paused'; readonly update: number; readonly sha256: string; readonly isDone: boolean }
  /** It cannot go on, one line. */
  | { readonly kind: 'failed'; readonly problem: string };
