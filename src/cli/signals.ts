import { lostStreamNotice, discardedStreamNotices, onBrokenStream } from './streams.ts';

/** Exit codes of a command that was interrupted: 128 + the signal's number. A lost terminal sends SIGHUP. */
const exitCodes = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

/** What comes from outside while a command works that takes long: signals, and the loss of the terminal. */
export interface Outside {
  /** Aborted by the first signal. */
  readonly signal: AbortSignal;
  /** That of the first signal; 0 while there was none. */
  exitCode(): number;
  /**
   * Calls back with a line for the run's log whenever stdout or stderr is lost, at once for those that are.
   * @returns ends it
   */
  onLostStream(listener: (notice: string) => void): () => void;
  /** Signals do again what they do without us. */
  stopListening(): void;
}

/** @param isSilent whether to print nothing at a signal */
export type Listen = (isSilent: boolean) => Outside;

/** npm and its shell pass Ctrl-C on, so that one keypress can arrive twice: not twice within this, in ms. */
const ONE_KEYPRESS = 300;

/**
 * The first signal lets the update at hand end; the second ends the process at once. Node.js calls listeners of signals
 * on the main thread alone, and only when nothing else runs there: where an update takes long, a command is to work on
 * a thread of its own (`runOnThread`).
 */
export const listenForSignals: Listen = (isSilent) => {
  const controller = new AbortController();
  let exitCode = 0;
  let since = 0;
  const listeners = Object.entries(exitCodes).map(([name, code]) => {
    const listener = (): void => {
      if (controller.signal.aborted) {
        if (performance.now() - since > ONE_KEYPRESS) quit(code);
        return;
      }
      since = performance.now();
      exitCode = code;
      controller.abort();
      if (!isSilent) process.stderr.write('\nfinishing this update; once more quits at once\n');
    };
    process.on(name, listener);
    return () => void process.off(name, listener);
  });
  return {
    signal: controller.signal,
    exitCode: () => exitCode,
    onLostStream(listener) {
      for (const notice of discardedStreamNotices()) listener(notice);
      return onBrokenStream((stream, code) => listener(lostStreamNotice(stream, code)));
    },
    stopListening() {
      for (const stop of listeners) stop();
    },
  };
};

/** Ends the process whatever its threads compute. */
function quit(code: number): never {
  // A progress bar hides the cursor.
  if (process.stdout.isTTY) process.stdout.write('\x1b[?25h\n');
  process.exit(code);
}
