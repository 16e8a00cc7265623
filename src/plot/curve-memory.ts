import type { Line } from './figure.ts';
import type { Notes } from './notes.ts';

/** Lines, and what is to be said of them. */
export interface Drawn {
  readonly lines: readonly Line[];
  readonly notes: Notes;
}

/**
 * The curves of a figure, for the next one to take those whose runs did not change: of an interval over seeds each point
 * takes long.
 */
export class CurveMemory {
  private before = new Map<string, Drawn>();
  private now = new Map<string, Drawn>();

  /** @param key tells curves apart, and what they are of @returns what was made of the same in this figure or the last */
  get(key: string, make: () => Drawn): Drawn {
    const found = this.now.get(key) ?? this.before.get(key) ?? make();
    this.now.set(key, found);
    return found;
  }

  /** Another figure begins. */
  turn(): void {
    [this.before, this.now] = [this.now, new Map()];
  }
}
