import type { Place } from './view.ts';

/** Milliseconds that nothing may move before the address says where: browsers slow down who changes it more often. */
const PAUSE = 300;

/** The address of a view in which something is dragged. */
export class LaterAddress {
  private readonly place: Pick<Place, 'remember'>;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(place: Pick<Place, 'remember'>) {
    this.place = place;
  }

  remember(values: Readonly<Record<string, string>>): void {
    this.end();
    this.timer = setTimeout(() => this.place.remember(values), PAUSE);
  }

  end(): void {
    clearTimeout(this.timer);
  }
}
