import { once } from 'node:events';
import { environmentOptions } from '../../envs/environment-options.ts';
import { startDashboard } from '../dashboard/server.ts';
import { findRuns } from '../plot/read-runs.ts';
import { wholeNumber } from './flag-values.ts';
import { print } from './print/print.ts';
import type { Listen } from './signals.ts';

const LAST_PORT = 65_535;

/** `leash dashboard`: shows a folder of runs until a signal comes. @returns the exit code */
export async function dashboardHere(
  given: { readonly RUNS?: string | undefined; readonly port: string; readonly host: string },
  listen: Listen,
): Promise<number> {
  const root = given.RUNS ?? 'runs';
  const port = wholeNumber('port', given.port, 0, LAST_PORT);
  // Says what is wrong where there is none.
  findRuns([root], root);
  const { signal, stopListening } = listen(true);
  const dashboard = await startDashboard({ root, host: given.host, port, environments: environmentOptions });
  print(`${dashboard.address}  shows ${root}; Ctrl-C ends it`);
  if (!signal.aborted) await once(signal, 'abort');
  await dashboard.close();
  stopListening();
  return 0;
}
