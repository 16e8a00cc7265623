import type { Abscissa } from '../../plot/align.ts';
import { Link } from '../link.ts';

/** What the page shows, all of it in its address: a link shows the same. */
export interface Shown {
  view: ViewName;
  search: string;
  /** Of runs: how they may stand; empty: all. */
  status: string[];
  /** Tags that a run must have. */
  tags: string[];
  /** Labels of groups that are drawn and compared; none: the first ones. */
  selected: string[];
  x: CourseAxis;
  zoom: readonly [number, number] | undefined;
  log: boolean;
  seeds: boolean;
  /** Whose ledger, or policy, is shown. */
  run: string | undefined;
  update: number | undefined;
  theme: 'light' | 'dark' | undefined;
}

/** What the course of training is counted in. */
export const courseAxes = ['steps', 'updates', 'time'] as const satisfies readonly Abscissa[];
export type CourseAxis = (typeof courseAxes)[number];

export const viewNames = ['overview', 'region', 'policy'] as const;
export type ViewName = (typeof viewNames)[number];

export const standings = ['alive', 'completed', 'interrupted', 'failed', 'dead'] as const;

/** Names that an address may have. */
const KEYS = [
  'view',
  'search',
  'status',
  'tag',
  'selected',
  'x',
  'zoom',
  'log',
  'seeds',
  'run',
  'update',
  'theme',
];

/** What an address says; `problems`: what of it makes no sense, a line each, which is left out. */
export function parseAddress(hash: string): { readonly shown: Shown; readonly problems: readonly string[] } {
  const link = new Link(hash);
  const { query, problems } = link;
  link.refuseOthers(KEYS);
  const [from, to] = link.numbers('zoom', 2, ([a, b]) => a < b) ?? [];
  const [update] = link.numbers('update', 1, ([value]) => Number.isInteger(value) && value > 0) ?? [];
  const status = link.someOf('status', standings);
  const shown: Shown = {
    view: link.oneOf('view', viewNames) ?? 'overview',
    search: query.get('search') ?? '',
    status,
    tags: query.getAll('tag'),
    selected: query.getAll('selected'),
    x: link.oneOf('x', courseAxes) ?? 'steps',
    zoom: from === undefined || to === undefined ? undefined : [from, to],
    log: link.oneOf('log', ['1']) !== undefined,
    seeds: link.oneOf('seeds', ['1']) !== undefined,
    run: query.get('run') ?? undefined,
    update,
    theme: link.oneOf('theme', ['light', 'dark']),
  };
  return { shown, problems };
}

/** The address of what is shown, without what is as it is at first. */
export function addressOf(shown: Shown): string {
  const query = new URLSearchParams();
  if (shown.view !== 'overview') query.set('view', shown.view);
  if (shown.search !== '') query.set('search', shown.search);
  for (const each of shown.status) query.append('status', each);
  for (const each of shown.tags) query.append('tag', each);
  for (const each of shown.selected) query.append('selected', each);
  if (shown.x !== 'steps') query.set('x', shown.x);
  if (shown.zoom !== undefined) query.set('zoom', shown.zoom.map((x) => Number(x.toPrecision(6))).join());
  if (shown.log) query.set('log', '1');
  if (shown.seeds) query.set('seeds', '1');
  if (shown.run !== undefined) query.set('run', shown.run);
  if (shown.update !== undefined) query.set('update', String(shown.update));
  if (shown.theme !== undefined) query.set('theme', shown.theme);
  return `#${query}`;
}
