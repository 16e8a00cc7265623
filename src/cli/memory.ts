import { readFileSync } from 'node:fs';
import { freemem } from 'node:os';
import type { Engine } from '../network/network.ts';
import { type MemoryEstimate, THREAD } from '../network/memory.ts';
import type { Threads } from '../parallel/executor.ts';
import { UserError } from '../user-error.ts';
import { size } from './print/quantities.ts';

/** Memory that this process may still take, in bytes, and what says so. */
export interface AvailableMemory {
  readonly bytes: number;
  readonly limit: string;
}

/** The least of what the machine has free, what its container leaves and what `ulimit -v` leaves. */
export function availableMemory(): AvailableMemory {
  // process.availableMemory knows of containers; it is in Node.js 20.13 and later.
  const free = { bytes: process.availableMemory?.() ?? freemem(), limit: 'this machine has' };
  return [free, ...addressSpace()].reduce((least, each) => (each.bytes < least.bytes ? each : least));
}

/** What `ulimit -v` leaves of address space, where it is limited (Linux alone tells). */
function addressSpace(): AvailableMemory[] {
  const read = (file: string): string => {
    try {
      return readFileSync(file, 'utf8');
    } catch {
      return '';
    }
  };
  const limit = Number(/^Max address space\s+(\d+)/m.exec(read('/proc/self/limits'))?.[1] ?? Number.NaN);
  if (Number.isNaN(limit)) return [];
  const used = 1024 * Number(/^VmSize:\s+(\d+)/m.exec(read('/proc/self/status'))?.[1] ?? 0);
  return [{ bytes: Math.max(0, limit - used), limit: 'ulimit -v leaves' }];
}

/**
 * Refuses what does not fit before anything is allocated.
 * @param times runs at the same time
 * @param place where the sizes were given: the config file
 * @throws UserError naming the settings that ask for most, the estimate and what is there
 */
export function requireMemory(
  { parts, bytes, ownBytes }: MemoryEstimate,
  place: string,
  times = 1,
  available = availableMemory(),
): void {
  // A run that shares a process has a thread of its own, and may start another.
  const needed = bytes + (times - 1) * (ownBytes + 2 * THREAD);
  if (needed <= available.bytes) return;
  const largest = parts
    .filter((part) => part.bytes >= bytes / 4)
    .map((part) => `${part.what}: ${size(part.bytes)}`);
  const each = times === 1 ? '' : `${times} runs at once (--workers): `;
  throw new UserError(
    `${each}about ${size(needed)} of memory would be needed (${largest.join('; ')}), ${available.limit} ${size(available.bytes)} (${place})`,
  );
}

/** Addresses that V8 reserves for one WebAssembly memory, whatever its size: it then needs no checks of bounds. */
const RESERVED = 10.3e9;
/** Memories of a thread of training: of two networks and a tile. */
const MEMORIES = 3;
/** What compiled code and the heaps of threads take beside them. */
const BESIDE = 1.5e9;
const WITHOUT_RESERVATION = '--disable-wasm-trap-handler';

/** Threads of training that the addresses `ulimit -v` leaves are enough for. */
function threadsThatFit(left: AvailableMemory | undefined): number {
  const given = [...process.execArgv, process.env.NODE_OPTIONS ?? ''].join(' ');
  if (left === undefined || given.includes(WITHOUT_RESERVATION)) return Number.POSITIVE_INFINITY;
  return Math.max(0, Math.floor((left.bytes - BESIDE) / (MEMORIES * RESERVED)));
}

function tooFewAddresses(
  threads: string,
  count: number,
  left: AvailableMemory,
  otherwise: string,
): UserError {
  return new UserError(
    `WebAssembly reserves ${size(count * MEMORIES * RESERVED + BESIDE)} of addresses (not of memory) for ${threads}, ${left.limit} ${size(left.bytes)}: raise it${otherwise} or set NODE_OPTIONS=${WITHOUT_RESERVATION} (the same results, slower)`,
    1,
  );
}

/**
 * The threads that the addresses `ulimit -v` leaves are enough for: 1 where `auto` has too few for two.
 * @throws UserError with the way out where they are too few for the threads asked for
 */
export function threadsWithAddresses(
  threads: Threads,
  engine: Engine['name'],
  left = addressSpace()[0],
): Threads {
  if (left === undefined || engine !== 'wasm') return threads;
  const most = threadsThatFit(left);
  if (threads === 'auto' && most === 1) return 1;
  const count = threads === 2 ? 2 : 1;
  if (count <= most) return threads;
  const words = count === 2 ? 'two threads' : 'one thread';
  throw tooFewAddresses(words, count, left, count === 2 ? ', take --threads 1' : '');
}

/**
 * The workers, a thread of training each, that the addresses `ulimit -v` leaves are enough for: fewer than there are
 * cores where nobody asked for a number.
 * @throws UserError with the way out where they are too few for those asked for, or for one
 */
export function workersWithAddresses(workers: number, isGiven: boolean, left = addressSpace()[0]): number {
  const most = threadsThatFit(left);
  if (left === undefined || workers <= most) return workers;
  if (!isGiven && most > 0) return most;
  const words = workers === 1 ? 'one worker' : `${workers} workers`;
  throw tooFewAddresses(words, workers, left, isGiven && most > 0 ? `, take --workers ${most}` : '');
}
