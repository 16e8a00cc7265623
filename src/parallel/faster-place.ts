/** Turns over which one place is timed. */
const BLOCK = 8;
/** Of them the first, which are not counted: a thread that slept or has never run is slower at first. */
const WARM_UP = 2;
/** Blocks without the thread after which it is tried again, twice as many after each try in vain. */
const FIRST_RETRY = 2;
const LAST_RETRY = 16;

/** Where operations are run: on this thread or on their own. */
export type Place = 'here' | 'thread';

/**
 * Finds the place where turns of work take less time: the second thread needs a free core, and waiting for one that
 * another process holds is slower than doing without. Both places are timed for a block of turns, here first, while the
 * thread starts, and once more when all is compiled. Then the faster one goes on until a block of it is slower than the
 * other's last; a thread that was slower is tried again now and then.
 * @param clock milliseconds
 * @returns to be called when a turn begins: its place
 */
export function createFasterPlace(clock: () => number = () => performance.now()): () => Place {
  /** Median milliseconds of a turn in the last block of each place; 0: never there. */
  const milliseconds = { here: 0, thread: 0 };
  const times = new Float64Array(BLOCK - WARM_UP);
  let place: Place = 'here';
  let turns = 0;
  /** Since the last change. */
  let blocks = 0;
  let retry = FIRST_RETRY;
  let isHereWarm = false;
  let start = 0;

  const changeTo = (next: Place): void => {
    place = next;
    blocks = 0;
  };

  const endBlock = (): void => {
    const own = times.sort()[times.length >> 1];
    milliseconds[place] = own;
    blocks += 1;
    if (place === 'here') {
      if (own > milliseconds.thread || blocks >= retry) changeTo('thread');
    } else if (own > milliseconds.here) {
      retry = blocks === 1 ? Math.min(2 * retry, LAST_RETRY) : FIRST_RETRY;
      changeTo('here');
    } else if (!isHereWarm && blocks >= FIRST_RETRY) {
      isHereWarm = true;
      changeTo('here');
    }
  };

  return () => {
    const now = clock();
    if (turns > 0) {
      // What it takes to change places is part of the turn after it, which is not counted.
      const at = (turns - 1) % BLOCK;
      if (at >= WARM_UP) times[at - WARM_UP] = now - start;
      if (at === BLOCK - 1) endBlock();
    }
    turns += 1;
    start = now;
    return place;
  };
}
