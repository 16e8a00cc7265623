import { type IncomingHttpHeaders, request } from 'node:http';
import type { Change, Everything } from '../../src/dashboard/wire.ts';

/** An answer of a dashboard. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** Asks as anybody on the net can: any path, any headers. */
export function get(
  address: string,
  path: string,
  headers: Record<string, string> = {},
  method = 'GET',
): Promise<Answer> {
  const { hostname, port } = new URL(address);
  return new Promise((resolve, reject) => {
    // Not an URL: it would take the dots out of a path.
    request({ hostname, port, path, headers, method }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (part: string) => {
        text += part;
      });
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text }),
      );
    })
      .on('error', reject)
      .end();
  });
}

export async function everything(address: string): Promise<Everything> {
  return JSON.parse((await get(address, '/everything')).text) as Everything;
}

/** An event as the server sent it. */
export interface Heard {
  readonly id: string;
  readonly event: string;
  readonly data: string;
}

/** What a page hears from a dashboard. */
export class Listener {
  readonly heard: Heard[] = [];
  private readonly close: () => void;
  private rest = '';

  /** @param known the id of the last event that was heard before */
  constructor(address: string, known?: string, headers: Record<string, string> = {}) {
    const { hostname, port } = new URL(address);
    const id: Record<string, string> = known === undefined ? {} : { 'last-event-id': known };
    const asked = request({ hostname, port, path: '/events', headers: { ...headers, ...id } }, (response) => {
      response.setEncoding('utf8');
      response.on('data', (part: string) => this.take(part));
      response.on('error', () => {});
    });
    asked.on('error', () => {});
    asked.end();
    this.close = () => void asked.destroy();
  }

  get changes(): Change[] {
    return this.heard.flatMap(({ event, data }) => (event === 'change' ? [JSON.parse(data) as Change] : []));
  }

  /** Waits until what was heard is so. */
  async until(isSo: (changes: readonly Change[], heard: readonly Heard[]) => boolean): Promise<void> {
    const end = Date.now() + 240_000;
    while (!isSo(this.changes, this.heard)) {
      if (Date.now() > end) throw new Error(`heard only ${JSON.stringify(this.heard).slice(0, 2000)}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  end(): void {
    this.close();
  }

  private take(part: string): void {
    const blocks = (this.rest + part).split('\n\n');
    this.rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const fields = new Map(
        block
          .split('\n')
          .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
      );
      const event = fields.get('event');
      if (event !== undefined)
        this.heard.push({ event, id: fields.get('id') ?? '', data: fields.get('data') ?? '' });
    }
  }
}
