import { environmentOptions } from '../../envs/environment-options.ts';
import { startDashboard } from '../dashboard/server.ts';
import { findRuns } from '../plot/read-runs.ts';
import type { Listen } from './signals.ts';
import { portOf, serveUntilSignal } from './until-signal.ts';

/** `leash dashboard`: shows a folder of runs until a signal comes. @returns the exit code */
export async function dashboardHere(
  given: { readonly RUNS?: string | undefined; readonly port: string; readonly host: string },
  listen: Listen,
): Promise<number> {
  const root = given.RUNS ?? 'runs';
  const port = portOf(given.port);
  // Says what is wrong where there is none.
  findRuns([root], root);
  const start = () => startDashboard({ root, host: given.host, port, environments: environmentOptions });
  return await serveUntilSignal(start, `shows ${root}`, listen);
}
