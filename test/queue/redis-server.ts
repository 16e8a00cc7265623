import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';

/** Whether this machine has a Redis server (Debian: `apt-get install redis-server`). */
export const hasRedis: boolean = (() => {
  try {
    execFileSync('redis-server', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

/** A Redis server of a test's own. */
export interface Server {
  readonly port: number;
  readonly address: string;
  readonly folder: string;
  readonly pid: number;
  /** Ends it as a crash does, and starts it anew with what is on the disk. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts one on a free port, with its files in a folder of its own. */
export async function startRedis(...settings: readonly string[]): Promise<Server> {
  const folder = mkdtempSync(join(tmpdir(), 'leash-redis-'));
  const port = await freePort();
  let server = await start(folder, port, settings);
  const end = async (): Promise<void> => {
    if (server.exitCode !== null || server.signalCode !== null) return;
    const ended = once(server, 'exit');
    server.kill('SIGKILL');
    await ended;
  };
  return {
    ...{ port, folder, address: `redis://127.0.0.1:${port}` },
    get pid() {
      return server.pid as number;
    },
    async restart() {
      await end();
      server = await start(folder, port, settings);
    },
    async stop() {
      await end();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function start(folder: string, port: number, settings: readonly string[]): Promise<ChildProcess> {
  const server = spawn(
    'redis-server',
    ['--port', String(port), '--dir', folder, '--save', '', '--appendonly', 'yes', ...settings],
    { stdio: 'ignore' },
  );
  while (!(await answers(port))) {
    if (server.exitCode !== null) throw new Error(`redis-server ended with ${server.exitCode}`);
    await setTimeout(20);
  }
  return server;
}

/** A port that nobody listens at. */
export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as { port: number };
  probe.close();
  await once(probe, 'close');
  return port;
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.end();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}
