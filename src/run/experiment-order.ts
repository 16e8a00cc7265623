import { basename, dirname, join } from 'node:path';
import { isTree } from '../config/problem.ts';
import { MARKER } from './experiment-files.ts';
import { readJson } from './status.ts';

/** What an experiment remembers of its configs, for their places and colours. */
export interface ExperimentOrder {
  /** Labels of all that it ever had, in the order of the report. */
  readonly configs: readonly string[];
  /** Of a study with worlds: label → which of its configs that is. */
  readonly methods: Readonly<Record<string, string>>;
}

/** That of an experiment's folder; empty where its marker tells of none, or is no marker. */
export function readOrder(folder: string): ExperimentOrder {
  const { configs, methods } = (readJson(join(folder, MARKER)) ?? {}) as Readonly<Record<string, unknown>>;
  const isText = (value: unknown): value is string => typeof value === 'string';
  const pairs = Object.entries(methods ?? {}).filter((pair): pair is [string, string] => isText(pair[1]));
  return {
    configs: Array.isArray(configs) ? configs.filter(isText) : [],
    methods: Object.fromEntries(pairs),
  };
}

/** By what plan an experiment's seeds were added until its pairs were decided, in words; undefined where all were planned. */
export function readDesign(folder: string): string | undefined {
  const { design } = (readJson(join(folder, MARKER)) ?? {}) as { readonly design?: unknown };
  return typeof design === 'string' ? design : undefined;
}

/** Whether an experiment is a comparison or a sweep; undefined where neither its marker nor its report says so. */
export function readKind(folder: string): 'compare' | 'sweep' | undefined {
  const written = [MARKER, 'report.json'].map(
    (file) => readJson(join(folder, file)) as { kind?: unknown } | undefined,
  );
  return written.map((each) => each?.kind).find((kind) => kind === 'compare' || kind === 'sweep');
}

/** Labels of the configs whose runs an experiment's report found elsewhere. */
export function readFound(folder: string): readonly string[] {
  const report = readJson(join(folder, 'report.json'));
  const configs = isTree(report) && Array.isArray(report.configs) ? report.configs.filter(isTree) : [];
  return configs.flatMap(({ label, runs }) => {
    const made = Array.isArray(runs) ? runs.filter(isTree) : [];
    return typeof label === 'string' && made.some(({ path }) => String(path).startsWith('..')) ? [label] : [];
  });
}

/** The KL that the configs of an experiment were brought to, as `calibration.target` of its report; undefined: none that is known. */
export function readTarget(folder: string): unknown {
  const { matchKl } = (readJson(join(folder, MARKER)) ?? {}) as { readonly matchKl?: unknown };
  const report = readJson(join(folder, 'report.json')) as
    | { calibration?: { target?: unknown } | null }
    | undefined;
  return matchKl ?? report?.calibration?.target;
}

/** Label → its place, which is its colour in every picture: of a method the same in all worlds. */
export function placesOf({ configs, methods }: ExperimentOrder): ReadonlyMap<string, number> {
  const owners = configs.map((label) => (Object.hasOwn(methods, label) ? methods[label] : label));
  const order = [...new Set(owners)];
  return new Map(configs.map((label, i) => [label, order.indexOf(owners[i])]));
}

/** The folder of the experiment of a run, if it is of one: those of a rung, and of a calibration, have a folder of their own in it. */
export function experimentAround(run: string): string {
  const above = dirname(dirname(run));
  return /^(rung-\d+|calibration)$/.test(basename(above)) ? dirname(above) : above;
}

/** The places of an experiment's folder. */
export function readPlaces(folder: string): ReadonlyMap<string, number> {
  return placesOf(readOrder(folder));
}
