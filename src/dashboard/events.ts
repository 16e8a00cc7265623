import type { ServerResponse } from 'node:http';
import { encodeJson } from '../row/json.ts';
import type { Change } from './wire.ts';

/** Characters of changes that are kept for who lost the connection; older ones begin with everything anew. */
const KEPT = 4 * 2 ** 20;
/** Bytes that wait for a page that does not read: it is let go, and comes back. */
const BACKLOG = 16 * 2 ** 20;
/** Pages that listen at once: each takes one of the files that the system lets a process have open, often 1,024. */
const MOST_PAGES = 500;
/** Milliseconds between two signs of life, by which a connection that is gone is told. */
const HEARTBEAT = 15_000;
/** Milliseconds after which a page looks for a lost server again. */
const RETRY = 1000;

/**
 * Changes as server-sent events [https://html.spec.whatwg.org/multipage/server-sent-events.html]: numbered, to all pages,
 * and again from the number that one knows last.
 */
export class Events {
  /** Another one each time the server is started: numbers of before mean nothing. */
  private readonly boot: string;
  private readonly pages = new Set<ServerResponse>();
  private readonly kept: { readonly sequence: number; readonly text: string }[] = [];
  private size = 0;
  private last = 0;
  private readonly heart: NodeJS.Timeout;

  constructor(boot: string) {
    this.boot = boot;
    this.heart = setInterval(() => this.write(': here\n\n'), HEARTBEAT);
    this.heart.unref();
  }

  /** The number of the last change. */
  get sequence(): number {
    return this.last;
  }

  /** Pages that listen. */
  get listeners(): number {
    return this.pages.size;
  }

  /** Whether no more can listen. */
  get isFull(): boolean {
    return this.pages.size >= MOST_PAGES;
  }

  /** @param known the id of the last event that the page has; undefined: it begins */
  add(page: ServerResponse, known: string | undefined): void {
    page.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'x-accel-buffering': 'no' });
    page.write(`retry: ${RETRY}\n\n${this.since(known)}`);
    this.pages.add(page);
    page.on('close', () => this.pages.delete(page));
    page.on('error', () => this.pages.delete(page));
  }

  tell({ runs, rows, gone, problems }: Omit<Change, 'sequence'>): void {
    this.last += 1;
    // Rows, which are the most of it, have words in the place of NaN already.
    const others = JSON.stringify({ sequence: this.last, gone, problems, rows });
    const text = this.event('change', `${others.slice(0, -1)},"runs":${encodeJson(runs)}}`);
    this.kept.push({ sequence: this.last, text });
    this.size += text.length;
    while (this.size > KEPT && this.kept.length > 1) this.size -= this.kept.shift()?.text.length ?? 0;
    this.write(text);
  }

  close(): void {
    clearInterval(this.heart);
    for (const page of this.pages) page.end();
  }

  /** What a page missed; that it must begin anew where that is not known any more. */
  private since(known: string | undefined): string {
    const [boot, word = ''] = known?.split('.') ?? [];
    const sequence = Number(word);
    const oldest = this.kept[0]?.sequence ?? this.last + 1;
    const isKnown =
      boot === this.boot && /^\d+$/.test(word) && sequence <= this.last && sequence >= oldest - 1;
    if (!isKnown) return this.event('anew', '{}');
    return this.kept
      .filter((each) => each.sequence > sequence)
      .map(({ text }) => text)
      .join('');
  }

  private event(kind: string, data: string): string {
    return `id: ${this.boot}.${this.last}\nevent: ${kind}\ndata: ${data}\n\n`;
  }

  private write(text: string): void {
    for (const page of this.pages) {
      if (page.writableLength > BACKLOG) page.destroy();
      else page.write(text);
    }
  }
}
