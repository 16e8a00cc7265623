import type { Redis } from 'ioredis';
import type { Keys } from './keys.ts';

/**
 * Hears at once of runs that nobody waits for any more. Such a message may be lost, or come when somebody waits again: it
 * calls for a look, and who makes a run looks by each write anyway.
 */
export class LeftRuns {
  private readonly listeners = new Map<string, () => void>();

  /** @param redis a connection for this alone */
  constructor(redis: Redis, keys: Keys) {
    redis.on('message', (_channel: string, id: string) => this.listeners.get(id)?.());
    // Where its user may not listen there are the writes.
    redis.subscribe(keys.left).catch(() => {});
  }

  /** Resolves when the next message comes of a run; of earlier calls for it none does any more. */
  next(id: string): Promise<void> {
    return new Promise((resolve) => {
      this.listeners.set(id, resolve);
    });
  }

  forget(id: string): void {
    this.listeners.delete(id);
  }
}
