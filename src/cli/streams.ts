import { closeSync, fstatSync, statSync } from 'node:fs';
import { isatty } from 'node:tty';
import { systemReason } from './failure.ts';

/** Where text for people goes, and what a stream is called. */
export const STREAMS = ['stdout', 'stderr'] as const;
export type StreamName = (typeof STREAMS)[number];

/**
 * Calls back, once each, for stdout and stderr when they can no longer be written: a full disk, a pipe nobody reads, a
 * terminal that is gone. Without a listener such an error would end the process.
 * @param listener gets the system's code: `ENOSPC`, `EPIPE`, `EIO`
 * @returns ends it
 */
export function onBrokenStream(listener: (stream: StreamName, code: string) => void): () => void {
  const ends = STREAMS.map((name) => {
    let isBroken = false;
    const onError = ({ code, message }: NodeJS.ErrnoException): void => {
      // Each further write fails and tells it again.
      if (isBroken) return;
      isBroken = true;
      listener(name, code ?? message);
    };
    process[name].on('error', onError);
    return () => void process[name].off('error', onError);
  });
  return () => {
    for (const end of ends) end();
  };
}

/** What a run's log says of a stream that was lost. */
export function lostStreamNotice(stream: StreamName, code: string): string {
  return `${stream} cannot be written (${systemReason(code)}): the run goes on, what it would print is lost`;
}

/**
 * What a run's log says of streams that were closed before leash began (`>&-`): Node.js puts /dev/null in their place,
 * so that no write fails, and one that was sent to /dev/null cannot be told from them.
 */
export function discardedStreamNotices(): string[] {
  return STREAMS.filter(isNullDevice).map(
    (stream) => `${stream} is closed or /dev/null: the run goes on, what it would print is lost`,
  );
}

function isNullDevice(stream: StreamName): boolean {
  try {
    const status = fstatSync(STREAMS.indexOf(stream) + 1);
    return status.isCharacterDevice() && status.rdev === statSync('/dev/null').rdev;
  } catch {
    return false;
  }
}

/**
 * Lets the process end as it says where the terminal is gone by then. Node.js puts the modes of stdin, stdout and stderr
 * back at its end, and aborts where that fails (`ResetStdio`, node.cc): not for what is closed.
 */
export function closeLostTerminalAtExit(): void {
  const terminals = [0, 1, 2].filter(isatty);
  if (terminals.length === 0) return;
  process.once('exit', () => {
    for (const descriptor of terminals) if (!isatty(descriptor)) closeSync(descriptor);
  });
}
