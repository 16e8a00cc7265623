import { oneLine, shortLine } from '../../user-error.ts';
import type { ListedRun, Listing } from '../listed-runs.ts';
import { parentInWords } from '../../run/record.ts';
import { DEAD_MEANS } from '../../run/status.ts';
import { paint } from './print.ts';
import { quantity, size } from './quantities.ts';

const HEADS = ['run', 'environment', 'objective', 'status', 'updates', 'return', 'KL', 'outside δ', 'size'];
/** The first columns are words and stand left. */
const WORDS = 4;

/** A line a run under titles, and what they come to. */
export function describeRuns({ shown, all }: Listing): string[] {
  const lines = withLabels(shown);
  const widths = lines[0].map((_, at) => Math.max(...lines.map((line) => line[at].length)));
  const table = lines.map((line, row) => {
    const cells = line.map((each, at) =>
      at < WORDS || at >= HEADS.length ? each.padEnd(widths[at]) : each.padStart(widths[at]),
    );
    const text = cells.join('  ').trimEnd();
    return row === 0 ? paint('bold', text) : text;
  });
  const total = shown.reduce((sum, { bytes }) => sum + bytes, 0);
  const hidden = all.length === shown.length ? '' : ` of ${all.length}`;
  const damaged = all.filter(({ facts }) => facts.problems.length > 0).length;
  const count = damaged === 0 ? '' : `, ${damaged} damaged`;
  const isAnyDead = shown.some(({ facts }) => facts.status === 'dead');
  return [
    ...table,
    `${shown.length}${hidden} runs${count}, ${size(total)}`,
    ...(isAnyDead ? [`dead: ${DEAD_MEANS}`] : []),
    ...shown.filter(({ resumesFrom }) => resumesFrom !== undefined).map(resumeLine),
  ];
}

/** The rows of a table; what runs are branches of, tags and notes, where there are any, stand last. */
function withLabels(shown: readonly ListedRun[]): string[][] {
  const lines = [[...HEADS], ...shown.map(rowOf)];
  const columns: [string, (run: ListedRun) => string][] = [
    ['from', ({ facts }) => (facts.record?.parent ? shortLine(parentInWords(facts.record.parent)) : '')],
    ['tags', ({ labels }) => labels.tags?.join(' ') ?? ''],
    ['note', ({ labels }) => (labels.note === undefined ? '' : shortLine(labels.note))],
  ];
  for (const [title, of] of columns) {
    const cells = shown.map((run) => oneLine(of(run)));
    if (cells.some((each) => each !== ''))
      for (const [at, line] of lines.entries()) line.push([title, ...cells][at]);
  }
  return lines;
}

/** What to type. */
function resumeLine({ facts, resumesFrom }: ListedRun): string {
  return oneLine(`leash resume ${facts.path}  goes on from update ${resumesFrom}`);
}

function rowOf({ facts, progress, bytes }: ListedRun): string[] {
  const { record, config } = facts;
  const { final } = progress;
  // As in a comparison: no episode ended in the last tenth. A fit has no return at all.
  const isStuck = facts.status === 'completed' && final?.returnMeanLastTenth === null;
  const updates = `${progress.updates}/${record?.updatesPlanned ?? '–'}`;
  return [
    facts.path,
    config?.environment.id ?? '–',
    config?.objective?.kind ?? '–',
    facts.status,
    updates,
    isStuck ? 'stuck' : quantity(final?.returnMeanLastTenth ?? null),
    quantity(final?.klOldNewMean ?? null),
    // A fit has no δ.
    String(final?.updatesOutsideDelta ?? '–'),
    size(bytes),
  ].map(oneLine);
}
