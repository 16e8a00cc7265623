import type { PlannedRun, TaskOutcome } from '../../experiment/pool.ts';
import { openThreadPool } from '../../experiment/thread-pool.ts';
import type { Listen, Outside } from '../signals.ts';
import { startDisplay } from './progress.ts';

/** How runs that are of no experiment are made. */
export interface MakingHere {
  /** At once. */
  readonly workers: number;
  /** Whether to show nothing of it. */
  readonly isSilent: boolean;
  readonly listen: Listen;
  /** What the bars call all of them; undefined: `all`. */
  readonly folder?: string | undefined;
}

/**
 * Makes runs by threads of this process, under bars and signals.
 * @param tell shows what they came to, while signals are still heard
 * @returns what `tell` does
 */
export async function makeHere(
  runs: readonly PlannedRun[],
  { workers, isSilent, listen, folder }: MakingHere,
  tell: (outcomes: readonly TaskOutcome[], outside: Outside) => Promise<number>,
): Promise<number> {
  const pool = openThreadPool(workers);
  const outside = listen(isSilent);
  const display = isSilent ? undefined : startDisplay();
  // What the signal's listener prints.
  outside.signal.addEventListener('abort', () => display?.leave());
  try {
    const outcomes = await pool.make(runs, {
      held: undefined,
      signal: outside.signal,
      onStart: (updates) => display?.start(runs, 0, updates, folder),
      onEnd: (index, outcome) => display?.ended(runs[index], outcome),
    });
    display?.stop();
    return await tell(outcomes, outside);
  } finally {
    display?.stop();
    outside.stopListening();
    await pool.close();
  }
}
