import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** How workers reach a server of this machine, and what cuts one of them off: nothing passes then, and nobody is told. */
export interface Network {
  /** In words. */
  readonly kind: string;
  /** For a worker: host and port of the server that has a port here, and what the worker's command begins with. */
  placeOf(worker: number, port: number): { readonly at: string; readonly before: readonly string[] };
  cut(worker: number, isCut: boolean): void;
  close(): void;
}

/**
 * A network namespace for each worker, all on one bridge.
 * @returns with where else than at 127.0.0.1 the server has to listen; undefined where none can be made: it takes root and `ip`
 */
export function namespaces(workers: number): (Network & { readonly gateway: string }) | undefined {
  const { pid } = process;
  const bridge = `lb${pid}`;
  // What RFC 2544 keeps for tests of networks.
  const subnet = `198.18.${pid % 256}`;
  const spaceOf = (worker: number): string => `leash-${pid}-${worker}`;
  const linkOf = (worker: number): string => `lv${pid}-${worker}`;
  const ip = (...words: readonly string[]): void =>
    void execFileSync('ip', words.join(' ').split(' '), { stdio: 'pipe' });
  const made: string[] = [];
  const make = (what: string, removed: string): void => {
    ip(what);
    made.unshift(removed);
  };
  const end = (): void => process.exit(1);
  const close = (): void => {
    for (const each of made.splice(0)) ip(each);
    process.off('exit', close).off('SIGINT', end).off('SIGTERM', end);
  };
  process.on('exit', close).on('SIGINT', end).on('SIGTERM', end);
  try {
    make(`link add ${bridge} type bridge`, `link del ${bridge}`);
    ip(`addr add ${subnet}.1/24 dev ${bridge}`);
    ip(`link set ${bridge} up`);
    for (let worker = 0; worker < workers; worker++) {
      const [space, link] = [spaceOf(worker), linkOf(worker)];
      make(`netns add ${space}`, `netns del ${space}`);
      make(`link add ${link} type veth peer name eth0 netns ${space}`, `link del ${link}`);
      ip(`link set ${link} master ${bridge} up`);
      ip(`-n ${space} addr add ${subnet}.${worker + 2}/24 dev eth0`);
      ip(`-n ${space} link set eth0 up`);
      ip(`-n ${space} link set lo up`);
    }
  } catch {
    close();
    return undefined;
  }
  return {
    kind: 'each in a network namespace of its own',
    gateway: `${subnet}.1`,
    placeOf: (worker, port) => ({
      at: `${subnet}.1:${port}`,
      before: ['ip', 'netns', 'exec', spaceOf(worker)],
    }),
    cut: (worker, isCut) => ip(`link set ${linkOf(worker)} ${isCut ? 'down' : 'up'}`),
    close,
  };
}

/** Where there are no namespaces: the last worker comes by a relay that can stop. */
export async function relay(workers: number, port: number): Promise<Network> {
  const sockets = new Set<Socket>();
  let isCut = false;
  const listening = createServer((near) => {
    const far = connect(port, '127.0.0.1');
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.on('data', (bytes) => to.write(bytes));
      from.on('close', () => void to.destroy());
      from.on('error', () => {});
      if (isCut) from.pause();
    }
  }).listen(0, '127.0.0.1');
  await once(listening, 'listening');
  const { port: own } = listening.address() as { port: number };
  return {
    kind: 'one of them through a relay, since no network namespace can be made here',
    placeOf: (worker) => ({ at: `127.0.0.1:${worker === workers - 1 ? own : port}`, before: [] }),
    cut(_worker, now) {
      isCut = now;
      for (const socket of sockets)
        if (now) socket.pause();
        else socket.resume();
    },
    close() {
      listening.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
