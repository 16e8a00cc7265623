import { join } from 'node:path';
import { MARKER } from './experiment-files.ts';
import { readJson } from './status.ts';

/** The configs of an experiment, in the order of their colours; none where its marker tells of none, or is no marker. */
export function readOrder(folder: string): readonly string[] {
  const { configs } = (readJson(join(folder, MARKER)) ?? {}) as { configs?: unknown };
  return Array.isArray(configs) ? configs.filter((each) => typeof each === 'string') : [];
}
