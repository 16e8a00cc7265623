import { once } from 'node:events';
import { wholeNumber } from './flag-values.ts';
import { print } from './print/print.ts';
import type { Listen } from './signals.ts';

const LAST_PORT = 65_535;

/** @throws UserError */
export function portOf(given: string): number {
  return wholeNumber('port', given, 0, LAST_PORT);
}

/** Serves until a signal comes. @param start listens @param what it does, behind its address @returns the exit code */
export async function serveUntilSignal(
  start: () => Promise<{ readonly address: string; close(): void | Promise<void> }>,
  what: string,
  listen: Listen,
): Promise<number> {
  const { signal, stopListening } = listen(true);
  const server = await start();
  print(`${server.address}  ${what}; Ctrl-C ends it`);
  if (!signal.aborted) await once(signal, 'abort');
  await server.close();
  stopListening();
  return 0;
}
