import { parentPort, workerData } from 'node:worker_threads';
import { environmentOptions } from '../../envs/environment-options.ts';
import { startDashboard } from '../dashboard/server.ts';
import { UserError } from '../user-error.ts';
import type { DashboardThreadData, DashboardThreadStart } from './watched.ts';

/*
 * The other end of `whileWatched`. Any port where the usual one is taken: another dashboard may be there.
 */

const { root, ports } = workerData as DashboardThreadData;
const host = '127.0.0.1';

async function start(): Promise<string> {
  const [usual, other] = ports;
  try {
    return (await startDashboard({ root, host, port: usual, environments: environmentOptions })).address;
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return (await startDashboard({ root, host, port: other, environments: environmentOptions })).address;
  }
}

const started: DashboardThreadStart = { address: await start() };
parentPort?.postMessage(started);
