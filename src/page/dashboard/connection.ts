import type { Told } from '../../dashboard/wire.ts';
import { Events } from './events.ts';

/** Listens to the server over the one connection that all tabs of a browser share; over its own where it cannot share. */
export function connect(tell: (told: Told) => void): void {
  if (typeof SharedWorker === 'undefined') {
    new Events(tell);
    return;
  }
  const { port } = new SharedWorker('/connection.js');
  port.onmessage = ({ data }: MessageEvent<Told>) => tell(data);
  addEventListener('pagehide', () => port.postMessage('gone'));
  // A page that was put aside and is shown again.
  addEventListener('pageshow', ({ persisted }) => {
    if (persisted) location.reload();
  });
}

/** Asks the server. @throws Error with its one line where it refuses */
export async function ask<T>(path: string, query = new URLSearchParams()): Promise<T> {
  const response = await fetch(`${path}?${query}`);
  const answer: unknown = await response.json();
  if (!response.ok) throw new Error((answer as { problem?: string }).problem ?? response.statusText);
  return answer as T;
}
