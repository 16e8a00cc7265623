import type { FollowedFolder } from './follow.ts';
import type { Events } from './events.ts';

/** Milliseconds between the end of a look and the next. */
const LEAST = 250;
const MOST = 5000;
/** Looks take at most 1 in so many parts of the time: training has the rest. */
const SHARE = 100;
/** Milliseconds that new rows put the next look off at most: all those of a folder are read when its first page comes. */
const MOST_FOR_ROWS = 1000;
/** Milliseconds that it goes on after the last page has left. */
const GRACE = 5000;

/** Looks again and again as long as somebody does, and tells what is otherwise. */
export class Watch {
  private readonly folder: FollowedFolder;
  private readonly events: Events;
  private timer: NodeJS.Timeout | undefined;
  private looking: Promise<void> | undefined;
  private asked = Date.now();
  private isClosed = false;

  constructor(folder: FollowedFolder, events: Events) {
    this.folder = folder;
    this.events = events;
  }

  /** Somebody looks: goes on where it had stopped. */
  wake(): void {
    this.asked = Date.now();
    if (this.timer === undefined && this.looking === undefined) this.look();
  }

  async close(): Promise<void> {
    this.isClosed = true;
    clearTimeout(this.timer);
    await this.looking;
  }

  private look(): void {
    this.timer = undefined;
    this.looking = this.folder
      .look((found) => this.events.tell(found))
      .then(({ hasMore, milliseconds, whole }) => {
        this.looking = undefined;
        const isWatched = this.events.listeners > 0 || Date.now() - this.asked < GRACE;
        if (this.isClosed || !(hasMore || isWatched)) return;
        const forRows = Math.min(MOST_FOR_ROWS, SHARE * whole);
        const wait = Math.min(MOST, Math.max(LEAST, SHARE * milliseconds, forRows));
        this.timer = setTimeout(() => this.look(), hasMore ? 0 : wait);
      });
  }
}
