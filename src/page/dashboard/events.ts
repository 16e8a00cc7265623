import type { Change, Told } from '../../dashboard/wire.ts';

/** Milliseconds after which a server that refused is asked again; one that was not there the browser looks for itself. */
export const AGAIN = 2000;

/** Listens to the server, and looks for it where it is lost. */
export class Events {
  private isLost = true;
  private readonly tell: (told: Told) => void;

  constructor(tell: (told: Told) => void) {
    this.tell = tell;
    this.open();
  }

  private open(): void {
    const source = new EventSource('/events');
    source.addEventListener('change', ({ data }: MessageEvent<string>) => {
      this.isLost = false;
      this.tell({ kind: 'change', change: JSON.parse(data) as Change });
    });
    source.addEventListener('anew', () => {
      this.isLost = false;
      this.tell({ kind: 'anew' });
    });
    source.onopen = () => {
      this.isLost = false;
      this.tell({ kind: 'found' });
    };
    source.onerror = () => {
      if (!this.isLost) this.tell({ kind: 'lost' });
      this.isLost = true;
      if (source.readyState !== EventSource.CLOSED) return;
      source.close();
      setTimeout(() => this.open(), AGAIN);
    };
  }
}
