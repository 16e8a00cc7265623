import { relative } from 'node:path';
import { codeOf, environmentName } from '../../config/environment-name.ts';
import { oneLine, shortLine } from '../../user-error.ts';
import { type ListedRun, type Listing, STUCK } from '../listed-runs.ts';
import { parentInWords } from '../../run/parent-in-words.ts';
import { shellWord } from '../../run/run-name.ts';
import { DEAD_MEANS } from '../../run/status.ts';
import { paint, widthOfLines } from './print.ts';
import { quantity, size } from './quantities.ts';
import { cutApart, pad, widestOf } from './width.ts';

interface Column {
  readonly title: string;
  /** Where the spaces go: words stand left, figures right. */
  readonly side: 'left' | 'right';
  readonly cells: readonly string[];
}

const GAP = '  ';
/** What a narrow terminal does without, the first of them first. */
const EXPENDABLE = ['size', 'environment', 'note', 'from', 'tags', 'objective', 'updates', 'KL', 'outside δ'];
/** Cells of a path that is cut: as long as it has so many, no more is left out, and the least. */
const [ENOUGH, LEAST] = [32, 16];

/**
 * A line a run under titles, and what they come to.
 * @param root the folder that they were looked for in
 * @param cells that a line may take
 */
export function describeRuns({ shown, all }: Listing, root: string, cells = widthOfLines()): string[] {
  const { columns, missing, isBelowRoot } = fitted(columnsOf(shown), root, cells);
  const widths = columns.map(widthOf);
  const line = (texts: readonly string[]): string =>
    texts
      .map((text, at) => pad(text, widths[at], columns[at].side))
      .join(GAP)
      .trimEnd();
  const total = shown.reduce((sum, { bytes }) => sum + bytes, 0);
  const hidden = all.length === shown.length ? '' : ` of ${all.length}`;
  const damaged = all.filter(({ facts }) => facts.problems.length > 0).length;
  const count = damaged === 0 ? '' : `, ${damaged} damaged`;
  const where = isBelowRoot ? ` in ${oneLine(root)}` : '';
  const isAnyDead = shown.some(({ facts }) => facts.status === 'dead');
  return [
    paint('bold', line(columns.map(({ title }) => title))),
    ...shown.map((_, row) => line(columns.map((column) => column.cells[row]))),
    `${shown.length}${hidden} ${all.length === 1 ? 'run' : 'runs'}${where}${count}, ${size(total)}`,
    ...(missing.length === 0 ? [] : [`no room here for ${missing.join(', ')}`]),
    ...(isAnyDead ? [`dead: ${DEAD_MEANS}`] : []),
    ...shown.filter(({ resumesFrom }) => resumesFrom !== undefined).map(resumeLine),
  ];
}

/** Of a line as long as it takes; what runs are branches of, tags and notes, where there are any, stand last. */
function columnsOf(shown: readonly ListedRun[]): Column[] {
  const column = (title: string, side: 'left' | 'right', of: (run: ListedRun) => string): Column => ({
    ...{ title, side },
    cells: shown.map((run) => oneLine(of(run))),
  });
  const labels = [
    column('from', 'right', ({ facts }) =>
      facts.record?.parent ? shortLine(parentInWords(facts.record.parent)) : '',
    ),
    column('tags', 'right', ({ labels }) => labels.tags?.join(' ') ?? ''),
    column('note', 'right', ({ labels }) => (labels.note === undefined ? '' : shortLine(labels.note))),
  ];
  return [
    column('run', 'right', ({ facts }) => facts.path),
    column('environment', 'right', ({ facts: { config } }) =>
      config === undefined ? '–' : environmentName(config.environment),
    ),
    column('objective', 'right', ({ facts }) => facts.config?.objective?.kind ?? '–'),
    column('status', 'right', ({ facts }) => facts.status),
    column(
      'updates',
      'left',
      ({ facts, progress }) => `${progress.updates}/${facts.record?.updatesPlanned ?? '–'}`,
    ),
    column('return', 'left', returnOf),
    column('KL', 'left', ({ progress }) => quantity(progress.final?.klOldNewMean ?? null)),
    // A fit has no δ.
    column('outside δ', 'left', ({ progress }) => String(progress.final?.updatesOutsideDelta ?? '–')),
    column('size', 'left', ({ bytes }) => size(bytes)),
    ...labels.filter(({ cells }) => cells.some((each) => each !== '')),
  ];
}

function returnOf({ values, progress: { final } }: ListedRun): string {
  return values.get('returnMeanLastTenth') === STUCK ? STUCK : quantity(final?.returnMeanLastTenth ?? null);
}

interface Fitted {
  readonly columns: readonly Column[];
  /** Titles of what was left out. */
  readonly missing: readonly string[];
  /** Whether paths begin below the root. */
  readonly isBelowRoot: boolean;
}

/** A line a run, whatever the terminal: paths without the root, then fewer columns, then paths cut in their middle. */
function fitted(all: readonly Column[], root: string, cells: number): Fitted {
  const lengthOf = (columns: readonly Column[]): number =>
    columns.reduce((sum, column) => sum + GAP.length + widthOf(column), -GAP.length);
  if (lengthOf(all) <= cells) return { columns: all, missing: [], isBelowRoot: false };
  const [paths, ...others] = all;
  let columns = [{ ...paths, cells: paths.cells.map((path) => relative(root, path) || path) }, ...others];
  const missing: string[] = [];
  for (const title of EXPENDABLE) {
    if (lengthOf(columns) <= cells || !columns.some((column) => column.title === title)) continue;
    const rest = columns.filter((column) => column.title !== title);
    // Rather cut paths than leave out more.
    if (cells - lengthOf(columns.slice(1)) - GAP.length >= ENOUGH) break;
    missing.push(title);
    columns = rest;
  }
  const room = Math.max(LEAST, cells - lengthOf(columns.slice(1)) - GAP.length);
  const names = { ...columns[0], cells: cutApart(columns[0].cells, room) };
  return { columns: [names, ...columns.slice(1)], missing, isBelowRoot: true };
}

function widthOf({ title, cells }: Column): number {
  return widestOf([title, ...cells]);
}

/** What to type. */
function resumeLine({ facts, resumesFrom }: ListedRun): string {
  const code = facts.config && codeOf(facts.config.environment);
  const file = code === undefined ? '' : ` --env ${shellWord(code)}`;
  return oneLine(`leash resume ${facts.path}${file}  goes on from update ${resumesFrom}`);
}
