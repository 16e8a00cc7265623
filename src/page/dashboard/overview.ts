import { seriesStyle } from '../../plot/palette.ts';
import type { ToldRun } from '../../dashboard/wire.ts';
import { make, makeButton, swatchFill } from '../elements.ts';
import { currentTheme } from '../theme.ts';
import { standings } from './address.ts';
import { figuresOf } from './figures-of-runs.ts';
import type { Group } from './groups.ts';

/** How a run stands, told by more than a colour. */
const SIGNS: Readonly<Record<ToldRun['status'], string>> = {
  alive: '●',
  completed: '✓',
  interrupted: '‖',
  failed: '✕',
  dead: '†',
};

const HEADS = [
  'draw',
  'config',
  'seeds',
  'standing',
  'progress',
  'return',
  'mean KL',
  'largest KL',
  'outside δ',
];

function classOf(head: string): string {
  return /KL|return|outside|seeds/.test(head) ? 'number' : '';
}

/** The table of runs, a line a config; each opens to its seeds. Lines stay what they are while figures change. */
export class RunsTable {
  readonly node = make('div', 'wide');
  private readonly table = make('table', 'runs');
  private readonly lines = new Map<string, GroupLines>();
  private readonly onSelect: (label: string, isSelected: boolean) => void;

  constructor(onSelect: (label: string, isSelected: boolean) => void) {
    this.onSelect = onSelect;
    const row = make('tr');
    for (const head of HEADS) {
      const cell = make('th', classOf(head), head);
      cell.scope = 'col';
      row.append(cell);
    }
    const head = make('thead');
    head.append(row);
    this.table.append(make('caption', 'unseen', 'runs by config'), head);
    const scroll = make('div', 'scroll');
    scroll.tabIndex = 0;
    scroll.setAttribute('role', 'region');
    scroll.setAttribute('aria-label', 'table of runs');
    scroll.append(this.table);
    this.node.append(scroll);
  }

  /** @param selected labels of the groups that are drawn */
  show(groups: readonly Group[], selected: ReadonlySet<string>): void {
    const labels = new Set(groups.map(({ label }) => label));
    for (const [label, { body }] of this.lines) {
      if (labels.has(label)) continue;
      body.remove();
      this.lines.delete(label);
    }
    let before: Element | null = this.table.tHead;
    for (const group of groups) {
      const lines = this.lines.get(group.label) ?? new GroupLines(group.label, this.onSelect);
      this.lines.set(group.label, lines);
      lines.show(group, selected.has(group.label));
      // Moved only where it is not in its place: what moves loses the focus.
      if (before?.nextElementSibling !== lines.body) before?.after(lines.body);
      before = lines.body;
    }
  }
}

/** The line of a config, and those of its seeds below. */
class GroupLines {
  readonly body = make('tbody');
  private readonly box = make('input');
  private readonly swatch = make('span', 'swatch');
  private readonly opener = makeButton('opener');
  private readonly line = new Line();
  private readonly seeds = new Map<string, Line>();
  private isOpen = false;
  private group: Group | undefined;

  constructor(label: string, onSelect: (label: string, isSelected: boolean) => void) {
    this.box.type = 'checkbox';
    this.box.setAttribute('aria-label', `draw ${label}`);
    this.box.onchange = () => onSelect(label, this.box.checked);
    this.opener.append(make('span', 'mark', '▸'), make('span', 'name', label));
    this.opener.onclick = () => {
      this.isOpen = !this.isOpen;
      this.showSeeds();
    };
    const [draw, config] = this.line.cells;
    draw.append(this.box, this.swatch);
    config.append(this.opener);
    this.body.append(this.line.node);
  }

  show(group: Group, isSelected: boolean): void {
    this.group = group;
    this.box.checked = isSelected;
    const { color, dash } = seriesStyle(
      { groups: [{ label: '', remark: '', hue: group.hue }] },
      { group: 0 },
      1,
      currentTheme(),
    );
    this.swatch.style.background = isSelected ? swatchFill(color, dash) : 'transparent';
    const { runs } = group;
    const standing = standings.flatMap((each) => {
      const count = runs.filter(({ status }) => status === each).length;
      return count === 0 ? [] : [`${SIGNS[each]} ${count} ${each}`];
    });
    this.line.show(runs, [String(runs.length), standing.join(', ')], tagsOf(runs));
    this.showSeeds();
  }

  private showSeeds(): void {
    const runs = this.isOpen ? (this.group?.runs ?? []) : [];
    this.opener.setAttribute('aria-expanded', String(this.isOpen));
    const ids = new Set(runs.map(({ id }) => id));
    for (const [id, { node }] of this.seeds) {
      if (ids.has(id)) continue;
      node.remove();
      this.seeds.delete(id);
    }
    for (const run of runs) {
      const line = this.seeds.get(run.id) ?? new Line();
      if (!this.seeds.has(run.id)) this.body.append(line.node);
      this.seeds.set(run.id, line);
      line.node.className = 'seed';
      line.cells[1].replaceChildren(make('span', 'name', `seed ${run.seed}`), ...remarksOf(run));
      line.show([run], ['', `${SIGNS[run.status]} ${run.status}`], []);
    }
  }
}

/** The cells of one line. */
class Line {
  readonly node = make('tr');
  readonly cells = HEADS.map((head) => make('td', classOf(head)));
  private readonly bar = make('progress');
  private readonly done = make('span', 'muted');
  private readonly tags = make('span', 'tags');

  constructor() {
    this.node.append(...this.cells);
    this.cells[4].append(this.bar, this.done);
    this.cells[3].append(make('span'), this.tags);
  }

  show(
    runs: readonly ToldRun[],
    [count, standing]: readonly [string, string],
    tags: readonly string[],
  ): void {
    setText(this.cells[2], count);
    setText(this.cells[3].firstElementChild as HTMLElement, standing);
    if (tags.join('') !== this.tags.textContent)
      this.tags.replaceChildren(...tags.map((tag) => make('span', 'tag', tag)));
    const planned = sum(runs, ({ updatesPlanned, rows }) => updatesPlanned ?? rows);
    const made = sum(runs, (run) => updatesOf(run));
    this.bar.max = Math.max(1, planned);
    this.bar.value = made;
    setText(this.done, `${made} of ${planned}`);
    this.bar.setAttribute('aria-label', `${made} of ${planned} updates`);
    const figures = figuresOf(runs);
    figures.forEach((text, at) => void setText(this.cells[5 + at], text));
  }
}

/** What is said of a run beside its name: what failed, what looked wrong, what is damaged, what it is for. */
function remarksOf({ failure, warnings, problems, note }: ToldRun): HTMLElement[] {
  const lines = [
    ...(failure === null ? [] : [failure]),
    ...warnings.map(({ update, message }) => `▾ update ${update}: ${message}`),
    ...problems,
    ...(note === null ? [] : [note]),
  ];
  return lines.map((line) => make('div', 'muted small', line));
}

function tagsOf(runs: readonly ToldRun[]): string[] {
  return [...new Set(runs.flatMap(({ tags }) => tags))];
}

function updatesOf({ latest, rows }: ToldRun): number {
  return typeof latest.update === 'number' ? latest.update : rows;
}

function sum<T>(values: readonly T[], of: (value: T) => number): number {
  return values.reduce((total, value) => total + of(value), 0);
}

function setText(node: HTMLElement, text: string): void {
  if (node.textContent !== text) node.textContent = text;
}
