import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { MARKER } from './experiment-files.ts';

/** The configs of an experiment, in the order of their colours; none where its marker tells of none, or is no marker. */
export function readOrder(folder: string): readonly string[] {
  try {
    const { configs } = JSON.parse(readFileSync(join(folder, MARKER), 'utf8')) as { configs?: unknown };
    return Array.isArray(configs) ? configs.filter((each) => typeof each === 'string') : [];
  } catch {
    return [];
  }
}
