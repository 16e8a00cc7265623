/** Commands that may wait to be done; the sender waits when there are more. */
const SLOTS = 64;
/** Numbers of a command: what to do and up to three arguments. */
const WIDTH = 4;
/** Counters stand a cache line apart, so that the two threads do not take lines from each other. */
const LINE = 16;
const SENT = 0;
const DONE = LINE;
const SENDER_SLEEPS = 2 * LINE;
const RECEIVER_SLEEPS = 3 * LINE;
const CLOSED = 4 * LINE;
const COUNTERS = 5 * LINE;
/**
 * How long a waiting thread looks again and again before it sleeps: longer than anything in an update keeps the
 * other from answering. A thread that sleeps is often woken on the core of the one that woke it, and while each
 * then spins for a moment and sleeps again, the scheduler leaves both there: a minibatch takes 0.7 ms, not 0.1.
 */
const SPIN_MILLISECONDS = 10;
/**
 * A spinning thread that wasn't run for so long shares its core with another process. Spinning uses up the time that
 * its own work needs then: it is kept short for a while.
 */
const PREEMPTED_MILLISECONDS = 1;
const CONTENDED_SPIN_MILLISECONDS = 0.01;
const CONTENDED_WAITS = 512;
const LOOKS_PER_CLOCK = 64;
/** After so long a sleep, a look at whether the other thread is still there. */
const SLEEP_MILLISECONDS = 500;
/** How long the receiver may take to do its first command, its own start included, where nobody knows whether it lives. */
const START_MILLISECONDS = 120_000;

/** The other thread is not there any more: out of memory, or ended by somebody. Nothing it was to do is done. */
export class ThreadLostError extends Error {
  constructor(why: string) {
    super(`the thread of the value network ${why}`);
    this.name = 'ThreadLostError';
  }
}

/**
 * A queue of commands from one thread to one other, over shared memory: a command is four numbers. The sender
 * goes on at once and waits only where it needs what the commands did. Both sides make their own object
 * on the same memory.
 */
export class CommandQueue {
  readonly memory: SharedArrayBuffer;
  private readonly counters: Int32Array;
  private readonly slots: Float64Array;
  /** Waits that are still to be kept short. */
  private contended = 0;

  /** Whether the receiver lives; undefined where that cannot be told. */
  private readonly isAlive: () => boolean | undefined;

  constructor(
    memory = new SharedArrayBuffer(4 * COUNTERS + 8 * SLOTS * WIDTH),
    isAlive: () => boolean | undefined = () => undefined,
  ) {
    this.memory = memory;
    this.isAlive = isAlive;
    this.counters = new Int32Array(memory, 0, COUNTERS);
    this.slots = new Float64Array(memory, 4 * COUNTERS);
  }

  /** Sends a command; commands are done in the order in which they were sent. @returns its number, for `waitFor` */
  send(operation: number, a = 0, b = 0, c = 0): number {
    const sent = Atomics.load(this.counters, SENT);
    this.await(DONE, (sent - SLOTS + 1) | 0, SENDER_SLEEPS);
    const at = (sent & (SLOTS - 1)) * WIDTH;
    this.slots[at] = operation;
    this.slots[at + 1] = a;
    this.slots[at + 2] = b;
    this.slots[at + 3] = c;
    this.advance(SENT, sent, RECEIVER_SLEEPS);
    return (sent + 1) | 0;
  }

  /** Waits until the command of that number is done, whatever was sent after it. */
  waitFor(command: number): void {
    this.await(DONE, command, SENDER_SLEEPS);
  }

  /** Waits until everything sent is done. */
  drain(): void {
    this.await(DONE, Atomics.load(this.counters, SENT), SENDER_SLEEPS);
  }

  /** Waits for the next command. @param command [4], written: operation and arguments */
  receive(command: Float64Array): void {
    const done = Atomics.load(this.counters, DONE);
    this.await(SENT, (done + 1) | 0, RECEIVER_SLEEPS);
    const at = (done & (SLOTS - 1)) * WIDTH;
    for (let i = 0; i < WIDTH; i++) command[i] = this.slots[at + i];
  }

  /** Makes the sender's waiting an error: nothing will be done any more. */
  close(): void {
    Atomics.store(this.counters, CLOSED, 1);
  }

  /** Says that the received command is done. */
  finish(): void {
    this.advance(DONE, Atomics.load(this.counters, DONE), SENDER_SLEEPS);
  }

  private advance(counter: number, from: number, sleeper: number): void {
    Atomics.store(this.counters, counter, (from + 1) | 0);
    if (Atomics.load(this.counters, sleeper) === 1) Atomics.notify(this.counters, counter);
  }

  /** Waits until `counter` has reached `target`; counters wrap around. */
  private await(counter: number, target: number, sleeper: number): void {
    const { counters } = this;
    let now = Atomics.load(counters, counter);
    if (((now - target) | 0) >= 0) return;
    const start = performance.now();
    const spin = this.contended > 0 ? CONTENDED_SPIN_MILLISECONDS : SPIN_MILLISECONDS;
    if (this.contended > 0) this.contended -= 1;
    for (let last = start, clock = start; clock - start < spin; last = clock) {
      for (let i = 0; i < LOOKS_PER_CLOCK && ((now - target) | 0) < 0; i++)
        now = Atomics.load(counters, counter);
      clock = performance.now();
      if (clock - last > PREEMPTED_MILLISECONDS) this.contended = CONTENDED_WAITS;
      if (((now - target) | 0) >= 0) return;
    }
    Atomics.store(counters, sleeper, 1);
    for (now = Atomics.load(counters, counter); ((now - target) | 0) < 0; ) {
      if (counter === DONE) this.requireAnswer(now, start);
      Atomics.wait(counters, counter, now, SLEEP_MILLISECONDS);
      now = Atomics.load(counters, counter);
    }
    Atomics.store(counters, sleeper, 0);
  }

  private requireAnswer(done: number, since: number): void {
    if (Atomics.load(this.counters, CLOSED) === 1) throw new Error('the other thread has failed');
    const isAlive = this.isAlive();
    if (isAlive === false) throw new ThreadLostError('has ended');
    if (isAlive === undefined && done === 0 && performance.now() - since > START_MILLISECONDS)
      throw new ThreadLostError(`has not started within ${START_MILLISECONDS / 1000} s`);
  }
}
