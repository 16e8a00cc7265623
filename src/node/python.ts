import { closeSync, constants, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { constants as system, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Worker } from 'node:worker_threads';
import { PYTHON } from '../config/environment-name.ts';
import { nearest } from '../config/nearest.ts';
import { decimal } from '../config/decimal.ts';
import { EnvironmentError } from '../rollout/environment.ts';
import { UserError } from '../user-error.ts';
import {
  HEADER_BYTES,
  type Kind,
  kinds,
  MOST_WORDS,
  PROTOCOL,
  readHeader,
  readWords,
  writeHeader,
} from './frames.ts';
import { cells, type ChildGiven, type ChildTold } from './python-child.ts';
import { startThread } from './start-thread.ts';

/** Python, as a child that answers. What is asked blocks this thread until it is answered: a turn of the event loop would come on top
 * of what the kernel takes to wake who waits (docs/gymnasium.md). */
export interface Python {
  /** The program. */
  readonly python: string;
  /** What runs: `python`, `gymnasium`, `numpy`, and the package of the environment where that is another. */
  readonly versions: Readonly<Record<string, string>>;
  /** Whether it has ended. */
  readonly isOver: boolean;
  /**
   * Asks and waits for the answer.
   * @returns the body of the answer
   * @throws EnvironmentError for what an environment threw, for a Python that ended, was too slow, or answered otherwise
   */
  ask(exchange: Exchange): Uint8Array;
}

/** What is asked, and what may come back. */
export interface Exchange {
  readonly kind: Kind;
  readonly world: number;
  /** Its header is filled in. */
  readonly frame: Uint8Array;
  /** The kind of the answer. */
  readonly expect: Kind;
  /** The answer is read into it, header and body, where there is room. */
  readonly answer: Uint8Array;
  /** Bytes that its body has at least, and how many more: up to `rows` times `row`. */
  readonly least: number;
  readonly row: number;
  readonly rows: number;
  /** To stand after "when asked to": `step gym:CartPole-v1`. */
  readonly doing: string;
}

const TIMEOUT = 'LEASH_PYTHON_TIMEOUT';
const USUAL_TIMEOUT = 60;

/** Seconds that Python has for hello and for each answer. @throws UserError */
function timeout(): number {
  const text = process.env[TIMEOUT] || String(USUAL_TIMEOUT);
  const seconds = decimal(text);
  if (seconds > 0 && seconds <= 1e6) return seconds;
  throw new UserError(`${TIMEOUT} must be seconds in (0, 1000000], got ${text}`);
}

/**
 * Starts Python and lets it load Gymnasium, which takes about half a second; nothing is installed.
 * @param id as Gymnasium has it, a module before it where one registers it
 * @param place where it is named
 * @throws UserError in one line where there is no Python, no Gymnasium or no such id
 */
export async function openPython(id: string, place: string): Promise<Python> {
  if (process.platform === 'win32')
    throw new UserError(`gym:${id} runs Python over named pipes, which Windows has not (${place})`);
  const python = process.env[PYTHON] || 'python3';
  const seconds = timeout();
  const folder = mkdtempSync(join(tmpdir(), 'leash-python-'));
  const shared = new Int32Array(new SharedArrayBuffer(4 * Object.keys(cells).length));
  const server = fileURLToPath(new URL('gymnasium-server.py', import.meta.url));
  const given: ChildGiven = { python, args: [server, folder, id], limit: 1000 * seconds, shared };
  const thread = startThread(new URL('python-child.js', import.meta.url), { workerData: given });
  let pid: number | undefined;
  try {
    const told = await toldBy(thread);
    const named = place === `gym:${id}` ? '' : ` (${place})`;
    const refuse = (why: string): UserError => new UserError(`gym:${id}: ${why}${named}`);
    if ('refused' in told) throw refuse(refusalOf(told, python, seconds, shared));
    pid = told.pid;
    const versions = versionsOf(told.hello, id, python, refuse);
    thread.unref();
    const pipes = { requests: open(folder, 'requests', 'w'), answers: open(folder, 'answers', 'r') };
    return new PipedPython(python, pid, versions, pipes, shared, seconds);
  } catch (error) {
    if (pid !== undefined) end(pid);
    await thread.terminate();
    throw error;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Ends the child, if it has not ended already. */
function end(pid: number): void {
  try {
    process.kill(pid);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Its hello at once, anything else when the child has ended. */
function toldBy(thread: Worker): Promise<ChildTold> {
  return new Promise((resolve, reject) => {
    let last: ChildTold = { refused: 'ended' };
    thread.once('message', (told: ChildTold) => {
      last = told;
      if ('hello' in told) resolve(told);
    });
    thread.once('error', reject);
    thread.once('exit', () => resolve(last));
  });
}

/** The end of a named pipe: to open it waits for nobody, for it is open both ways meanwhile. */
function open(folder: string, name: string, flags: 'r' | 'w'): number {
  const path = join(folder, name);
  const held = openSync(path, constants.O_RDWR);
  try {
    return openSync(path, flags === 'r' ? constants.O_RDONLY : constants.O_WRONLY);
  } finally {
    closeSync(held);
  }
}

function refusalOf(
  told: Exclude<ChildTold, { hello: Uint8Array }>,
  python: string,
  seconds: number,
  shared: Int32Array,
): string {
  switch (told.refused) {
    case 'spawn':
      return told.code === 'ENOENT'
        ? `there is no ${python}; --python PATH or ${PYTHON} names a Python that has Gymnasium`
        : `${python} cannot be run: ${told.code}`;
    case 'ended':
      return `${python} ${endingOf(shared)} before it said hello`;
    case 'silent':
      return `${python} did not say hello within ${seconds} s (${TIMEOUT})`;
    case 'nonsense':
      return `${python} said no hello of protocol ${PROTOCOL}`;
  }
}

interface Hello {
  readonly protocol: number;
  readonly versions?: Readonly<Record<string, string>>;
  readonly error?: { readonly kind: string; readonly message: string; readonly ids?: readonly string[] };
}

function versionsOf(
  frame: Uint8Array,
  id: string,
  python: string,
  refuse: (why: string) => UserError,
): Readonly<Record<string, string>> {
  const hello = helloIn(frame);
  if (hello?.protocol !== PROTOCOL) throw refuse(`${python} said no hello of protocol ${PROTOCOL}`);
  const { versions, error } = hello;
  if (error === undefined) return versions ?? {};
  if (error.kind === 'gymnasium')
    throw refuse(
      `${python} has no Gymnasium (${error.message}): ${python} -m pip install gymnasium installs it, --python PATH names another Python`,
    );
  if (error.kind !== 'unknown') throw refuse(error.message);
  const [, module = '', name = ''] = /^(.*:)?(.*)$/.exec(id) ?? [];
  const meant = nearest(name, error.ids ?? []);
  const hint = meant === undefined ? '' : `; did you mean gym:${module}${meant}?`;
  throw refuse(`no such environment${hint} (${error.message})`);
}

function helloIn(frame: Uint8Array): Hello | undefined {
  try {
    return readWords(frame.subarray(HEADER_BYTES)) as Hello;
  } catch {
    return undefined;
  }
}

function endingOf(shared: Int32Array): string {
  const code = Atomics.load(shared, cells.code);
  const number = Atomics.load(shared, cells.signal);
  const [name] = Object.entries(system.signals).find(([, each]) => each === number) ?? ['a signal'];
  return code < 0 ? `was ended by ${name}` : `ended with exit code ${code}`;
}

/** Milliseconds in which a child that closed its pipes has ended, too. */
const ENDS_WITHIN = 10_000;

class PipedPython implements Python {
  readonly python: string;
  readonly versions: Readonly<Record<string, string>>;
  isOver = false;
  private readonly pid: number;
  private readonly pipes: { readonly requests: number; readonly answers: number };
  private readonly shared: Int32Array;
  private readonly seconds: number;
  private number = 0;

  constructor(
    python: string,
    pid: number,
    versions: Python['versions'],
    pipes: PipedPython['pipes'],
    shared: Int32Array,
    seconds: number,
  ) {
    this.python = python;
    this.pid = pid;
    this.versions = versions;
    this.pipes = pipes;
    this.shared = shared;
    this.seconds = seconds;
  }

  ask(exchange: Exchange): Uint8Array {
    const { kind, world, frame, doing } = exchange;
    if (this.isOver) throw new EnvironmentError(`Python has ended, and cannot ${doing}`);
    this.number = (this.number % 0x7fffffff) + 1;
    const { number } = this;
    writeHeader(frame, { kind, world, number, bytes: frame.length - HEADER_BYTES });
    Atomics.store(this.shared, cells.pending, number);
    this.send(frame, doing);
    const got = this.receive(exchange);
    Atomics.store(this.shared, cells.pending, 0);
    return got;
  }

  private send(frame: Uint8Array, doing: string): void {
    const { length } = frame;
    try {
      for (let sent = 0; sent < length; ) sent += writeSync(this.pipes.requests, frame, sent, length - sent);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EPIPE') throw error;
      throw this.lost(doing);
    }
  }

  private receive({ expect, answer: into, least, row, rows, doing }: Exchange): Uint8Array {
    let answer = into;
    let have = this.read(answer, 0, doing);
    while (have < HEADER_BYTES) have += this.read(answer, have, doing);
    const header = readHeader(answer);
    const { kind, bytes } = header;
    const isFailure = kind === kinds.failed;
    const more = (bytes - least) / row;
    const isExpected = isFailure
      ? bytes <= MOST_WORDS
      : kind === expect && Number.isInteger(more) && more >= 0 && more <= rows;
    const length = HEADER_BYTES + bytes;
    if (!isExpected || header.number !== this.number || have > length)
      throw this.confused(header, expect, doing);
    if (length > answer.length) {
      answer = new Uint8Array(length);
      answer.set(into.subarray(0, have));
    }
    while (have < length) have += this.read(answer, have, doing);
    if (!isFailure) return answer.subarray(HEADER_BYTES, length);
    Atomics.store(this.shared, cells.pending, 0);
    throw failureIn(answer.subarray(HEADER_BYTES, length), doing);
  }

  private read(answer: Uint8Array, have: number, doing: string): number {
    const got = readSync(this.pipes.answers, answer, have, answer.length - have, null);
    if (got === 0) throw this.lost(doing);
    return got;
  }

  /** That the child is gone, and how. */
  private lost(doing: string): EnvironmentError {
    this.close();
    const { shared, seconds, python } = this;
    Atomics.wait(shared, cells.ended, 0, ENDS_WITHIN);
    const isSlow = Atomics.load(shared, cells.slow) === 1;
    const how = isSlow
      ? `did not answer within ${seconds} s (${TIMEOUT}) and was ended`
      : Atomics.load(shared, cells.ended) === 1
        ? endingOf(shared)
        : 'closed its pipes';
    return new EnvironmentError(`${python} ${how} when asked to ${doing}; what it wrote last stands above`);
  }

  private confused(
    { kind, bytes, number }: ReturnType<typeof readHeader>,
    expect: Kind,
    doing: string,
  ): Error {
    this.close();
    end(this.pid);
    return new EnvironmentError(
      `${this.python} answered out of protocol when asked to ${doing}: kind ${kind} with ${bytes} bytes to request ${number}, where kind ${expect} to request ${this.number} was to come`,
    );
  }

  /** Python ends when its requests do. */
  private close(): void {
    this.isOver = true;
    Atomics.store(this.shared, cells.pending, 0);
    closeSync(this.pipes.requests);
    closeSync(this.pipes.answers);
  }
}

interface Failure {
  readonly refused?: boolean;
  readonly type?: string;
  readonly message?: string;
  readonly copy?: number | null;
  /** Innermost first: function, file, line. */
  readonly frames?: readonly (readonly [string, string, number])[];
}

/** What an environment threw, its Python frames as a stack. */
function failureIn(body: Uint8Array, doing: string): EnvironmentError {
  const { refused, type, message, copy, frames = [] } = readWords(body) as Failure;
  if (refused) return new EnvironmentError(`cannot ${doing}: ${message}`);
  const thrown = new Error(message);
  thrown.name = type ?? thrown.name;
  thrown.stack = [
    `${type}: ${message}`,
    ...frames.map(([name, file, line]) => `    at ${name} (${file}:${line})`),
  ].join('\n');
  const where = typeof copy === 'number' ? ` (copy ${copy})` : '';
  return new EnvironmentError(`${type}: ${message}, thrown when asked to ${doing}${where}`, {
    cause: thrown,
  });
}
