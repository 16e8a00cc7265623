import { readFileSync } from 'node:fs';

/** One recorded step: what came out of the action. */
export interface RecordedStep {
  readonly action: number;
  readonly observation: readonly number[];
  readonly state: readonly number[];
  readonly reward: number;
  readonly terminated: boolean;
}

/** Episodes that Gymnasium 1.3.0 played; see test/fixtures/README.md. */
export function recordedEpisodes(
  id: string,
): { readonly initialState: readonly number[]; readonly steps: readonly RecordedStep[] }[] {
  const file = new URL('../fixtures/classic-control.json', import.meta.url);
  return JSON.parse(readFileSync(file, 'utf8')).cases[id];
}
