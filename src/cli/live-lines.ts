import { fold } from './print/fold.ts';
import { printable } from './print/print.ts';
import { terminalWidth } from './print/width.ts';

/** What lines are drawn on: `process.stdout` is one. */
export interface TerminalScreen {
  readonly columns: number;
  readonly rows: number;
  /** Of Node.js, which has no public name for it: asks the terminal anew; on a thread it asks the main one. */
  _refreshSize?(): void;
  write(text: string): unknown;
}

/** @returns the lines, given the cells that each may take, and how many there may be */
export type LinesFor = (cells: number, most: number) => readonly string[];

/** Redraws a second. */
export const FRAMES = 5;

/**
 * The last lines of a terminal, drawn again in place. The cursor waits on the line below them. Where the window is made
 * narrower, terminals break what is too long for it: from then on the lines take more rows, as many as their widths say,
 * and all of those are drawn over. What has left the window at its top never can be: lines take half of it at most, so that
 * broken in two all are still there.
 */
export class LiveLines {
  private readonly screen: TerminalScreen;
  /** What stands above the lines and is drawn with them, until something else is printed. */
  private above: readonly string[];
  /** Cells of each line that is there. */
  private drawn: readonly number[] = [];
  private since = Number.NEGATIVE_INFINITY;
  private isOver = false;

  constructor(above: readonly string[] = [], screen: TerminalScreen = process.stdout) {
    this.above = above.map(printable);
    this.screen = screen;
  }

  /** Draws unless it did a moment ago. */
  draw(linesFor: LinesFor): void {
    const now = performance.now();
    if (this.isOver || now - this.since < 1000 / FRAMES) return;
    this.since = now;
    this.drawNow(linesFor);
  }

  /** Draws for the last time, and leaves it there. */
  end(linesFor: LinesFor): void {
    if (this.isOver) return;
    this.drawNow(linesFor);
    this.isOver = true;
    this.screen.write('\x1b[?25h');
  }

  /** To be told where something else was printed: what is there stays, the lines come below it. */
  leave(): void {
    this.above = [];
    this.drawn = [];
  }

  private drawNow(linesFor: LinesFor): void {
    // Node.js learns of another width by a signal, and hears none while something is computed.
    this.screen._refreshSize?.();
    const { columns, rows } = this.screen;
    // In the last column some terminals go on in the next line at once.
    const cells = Math.max(1, columns - 1);
    const most = Math.max(1, Math.floor((rows - 1) / 2));
    const lines = linesFor(cells, most).slice(0, most);
    const above = this.above.flatMap((line) => fold(line, cells).split('\n'));
    const all = [...above, ...lines].slice(-Math.max(1, rows - 1));
    const up = this.drawn.reduce((sum, width) => sum + Math.max(1, Math.ceil(width / columns)), 0);
    const back = up === 0 ? '\x1b[?25l' : `\r\x1b[${Math.min(up, rows)}A`;
    this.screen.write(`${back}${all.map((line) => `${line}\x1b[K\n`).join('')}\x1b[J`);
    this.drawn = all.map(terminalWidth);
  }
}
