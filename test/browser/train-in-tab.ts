import type { Page } from 'playwright-core';

/** What a training in a tab came to. */
export interface TrainedInTab {
  /** Of its parameters; what the worker told where it could not train. */
  readonly sha256: string;
  /** Milliseconds from one of the updates that it was to pause at to the next; to the first from the start. */
  readonly milliseconds: readonly number[];
}

/** Trains in a worker of the laboratory's page. @param stops updates to pause at, one after the other */
export function trainInTab(
  page: Page,
  config: unknown,
  stops: readonly number[],
  threads: 1 | 'auto' = 1,
): Promise<TrainedInTab> {
  const given = { text: JSON.stringify(config), place: 'test', settings: {} };
  // A text: what tsx makes of a function needs its own helpers, which a page has not.
  return page.evaluate<TrainedInTab>(`new Promise((resolve) => {
    const [given, stops, threads] = ${JSON.stringify([given, stops, threads])};
    const worker = new Worker('train.js');
    const milliseconds = [];
    let begun = 0;
    const go = () => {
      begun = performance.now();
      worker.postMessage({ kind: 'run', until: stops[milliseconds.length] });
    };
    const end = (sha256) => {
      worker.terminate();
      resolve({ sha256, milliseconds });
    };
    worker.onmessage = ({ data }) => {
      if (data.kind === 'opened') go();
      else if (data.kind === 'refused' || data.kind === 'failed') end(JSON.stringify(data));
      else if (data.kind === 'paused') {
        milliseconds.push(performance.now() - begun);
        if (milliseconds.length === stops.length) end(data.sha256);
        else go();
      }
    };
    worker.postMessage({ kind: 'open', given, threads });
  })`);
}
