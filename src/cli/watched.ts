import { startThread } from '../node/start-thread.ts';
import { dashboardCommand } from './commands/dashboard.ts';
import { describeFailure } from './failure.ts';

/** What the thread starts with. */
export interface DashboardThreadData {
  /** Folder of runs. */
  readonly root: string;
  /** The first of them that is free. */
  readonly ports: readonly [number, number];
}

/** From the thread, once it listens. */
export interface DashboardThreadStart {
  readonly address: string;
}

/**
 * Does what takes long while a dashboard of its folder of runs can be looked at, served by a thread of its own. Its address is
 * said on stderr once it listens: the work begins meanwhile, but for one that draws over its lines, and is not kept from it
 * where there is none.
 */
export async function whileWatched(root: string, work: () => Promise<number>): Promise<number> {
  const workerData: DashboardThreadData = { root, ports: [Number(dashboardCommand.flags?.port.default), 0] };
  const thread = startThread(new URL('dashboard-worker.js', import.meta.url), { workerData });
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  const said = new Promise<void>((resolve) => {
    thread.once('message', ({ address }: DashboardThreadStart) => resolve(say(`watch     ${address}`)));
    thread.once('error', (error) => resolve(say(describeFailure(error).text)));
  });
  try {
    if (process.stdout.isTTY) await said;
    return await work();
  } finally {
    await thread.terminate();
  }
}
