import { fileURLToPath } from 'node:url';
import { thrownInWords } from '../rollout/contract.ts';
import { EnvironmentError } from '../rollout/environment.ts';

/*
 * What happens while leash calls nobody: a timer of somebody's own environment throws, a promise of it is rejected, or its code ends
 * the process.
 */

class OutsideError extends EnvironmentError {
  // The work failed; nothing of what was given was looked at and refused.
  override readonly exitCode = 1;
}

/** Exit codes that leash itself ends a process with at a second signal, and Node.js where nothing is left to wait for. */
const OF_OTHERS: readonly number[] = [129, 130, 143, 13];

/** Whether an exit code is that of a `process.exit` that is none of leash's. */
export function isExitOfOthers(exitCode: number): boolean {
  return !OF_OTHERS.includes(exitCode);
}

/** What a run that is made on this thread hears of all this. */
export interface OutsideErrors {
  /** What nobody caught since the last call, or undefined. */
  readonly failed: () => Error | undefined;
  /** Calls back where the process ends meanwhile, with why. @returns ends it */
  readonly onExit: (listener: (cause: Error) => void) => () => void;
  stopListening(): void;
}

/** Until `stopListening` what nobody catches ends no process. */
export function listenForOutsideErrors(): OutsideErrors {
  let thrown: { readonly error: unknown } | undefined;
  const note = (error: unknown): void => {
    thrown ??= { error };
  };
  process.on('uncaughtException', note);
  return {
    failed() {
      if (thrown === undefined) return undefined;
      const { error } = thrown;
      thrown = undefined;
      // What is no error is of others.
      return errorFromOutside(error) ?? (error as Error);
    },
    onExit(listener) {
      const heard = (code: number): void => {
        if (isExitOfOthers(code)) listener(exitedEarly());
      };
      process.on('exit', heard);
      return () => void process.off('exit', heard);
    },
    stopListening: () => void process.off('uncaughtException', note),
  };
}

/** That a process ended before its command was over. */
export function exitedEarly(): EnvironmentError {
  return new OutsideError('process.exit was called by code that is not of leash, such as an environment');
}

/**
 * What nobody caught, where it is not of leash: the first frame of its stack that is in a file is in one of somebody's own, or none is.
 * @returns undefined for a bug of leash
 */
export function errorFromOutside(thrown: unknown): EnvironmentError | undefined {
  const isError = thrown instanceof Error;
  const frames = isError ? (thrown.stack ?? '').split('\n').filter(isInFile) : [];
  const first = frames.find((frame) => isOfLeash(frame) || !frame.includes('/node_modules/'));
  if (first === undefined ? frames.length > 0 : isOfLeash(first)) return undefined;
  return new OutsideError(
    `an error came from outside of leash’s calls, of a timer or a promise: ${thrownInWords(thrown)}`,
    isError ? { cause: thrown } : undefined,
  );
}

function isInFile(line: string): boolean {
  return /^\s+at .*\/.*:\d+:\d+\)?$/.test(line) && !line.includes('node:');
}

/** The folder of the package: `dist`, or that of the sources. */
const HERE = new URL('../..', import.meta.url);

function isOfLeash(frame: string): boolean {
  return frame.includes(HERE.href) || frame.includes(fileURLToPath(HERE));
}
