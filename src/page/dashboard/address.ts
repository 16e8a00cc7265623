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

/** A thing that is shown, as an address has it. */
interface Part<Value> {
  readonly name: string;
  /** As it is at first where the address has none of it. */
  read(link: Link, name: string): Value;
  /** The words of it, each by itself; none where it is as it is at first. */
  write(value: Value): readonly string[];
}

const flag: Omit<Part<boolean>, 'name'> = {
  read: (link, name) => link.oneOf(name, ['1']) !== undefined,
  write: (value) => (value ? ['1'] : []),
};

const words = (value: string | undefined): string[] => (value === undefined ? [] : [value]);

/** All that is shown is in the address, in this order. */
const PARTS: { readonly [Name in keyof Shown]: Part<Shown[Name]> } = {
  view: {
    name: 'view',
    read: (link, name) => link.oneOf(name, viewNames) ?? 'overview',
    write: (view) => (view === 'overview' ? [] : [view]),
  },
  search: {
    name: 'search',
    read: ({ query }, name) => query.get(name) ?? '',
    write: (search) => (search === '' ? [] : [search]),
  },
  status: { name: 'status', read: (link, name) => link.someOf(name, standings), write: (each) => each },
  tags: { name: 'tag', read: ({ query }, name) => query.getAll(name), write: (each) => each },
  selected: { name: 'selected', read: ({ query }, name) => query.getAll(name), write: (each) => each },
  x: {
    name: 'x',
    read: (link, name) => link.oneOf(name, courseAxes) ?? 'steps',
    write: (x) => (x === 'steps' ? [] : [x]),
  },
  zoom: {
    name: 'zoom',
    read(link, name) {
      const [from, to] = link.numbers(name, 2, ([a, b]) => a < b) ?? [];
      return from === undefined || to === undefined ? undefined : [from, to];
    },
    write: (zoom) => words(zoom?.map((x) => Number(x.toPrecision(6))).join()),
  },
  log: { name: 'log', ...flag },
  seeds: { name: 'seeds', ...flag },
  run: { name: 'run', read: ({ query }, name) => query.get(name) ?? undefined, write: words },
  update: {
    name: 'update',
    read: (link, name) => link.numbers(name, 1, ([value]) => Number.isInteger(value) && value > 0)?.[0],
    write: (update) => words(update?.toString()),
  },
  theme: { name: 'theme', read: (link, name) => link.oneOf(name, ['light', 'dark']), write: words },
};

/** What an address says; `problems`: what of it makes no sense, a line each, which is left out. */
export function parseAddress(hash: string): { readonly shown: Shown; readonly problems: readonly string[] } {
  const link = new Link(hash);
  const parts = Object.entries(PARTS);
  link.refuseOthers(parts.map(([, { name }]) => name));
  const shown = Object.fromEntries(parts.map(([key, part]) => [key, part.read(link, part.name)]));
  return { shown: shown as unknown as Shown, problems: link.problems };
}

/** The address of what is shown, without what is as it is at first. */
export function addressOf(shown: Shown): string {
  const query = new URLSearchParams();
  const add = <Name extends keyof Shown>(key: Name): void => {
    const { name, write } = PARTS[key];
    for (const word of write(shown[key])) query.append(name, word);
  };
  for (const key of Object.keys(PARTS)) add(key as keyof Shown);
  return `#${query}`;
}
