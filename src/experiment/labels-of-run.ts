import { dirname } from 'node:path';
import type { RunFacts } from '../plot/read-runs.ts';
import type { RunLabels } from '../run/labels.ts';
import { labelsOfExperiment } from './experiment-marker.ts';

/** What is said of a run, and of the experiment that it is part of. */
export function labelsOfRun({ path, record }: RunFacts): RunLabels {
  const around = labelsOfExperiment(dirname(dirname(path)));
  const tags = [...new Set([...(record?.tags ?? []), ...(around.tags ?? [])])];
  const note = record?.note ?? around.note;
  return { ...(tags.length > 0 && { tags }), ...(note !== undefined && { note }) };
}
