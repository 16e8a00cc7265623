import * as z from '../packages/zod.ts';
import { changesNoRun } from '../config/aside.ts';
import { alternatives, configJsonSchema, schemaAt } from '../config/fields.ts';
import type { EnvironmentOptions, Override } from '../config/load.ts';
import { kindOfJson, otherKind } from '../config/file-kind.ts';
import { inspectBySchema } from '../config/parse-by-schema.ts';
import { firstOf, isTree, type Tree } from '../config/problem.ts';
import { pathBeside } from '../node/beside.ts';
import { inspectConfig } from '../node/load-config.ts';
import { readJsonFile } from '../node/text-file.ts';
import { UserError } from '../user-error.ts';
import { settingsText } from './differences.ts';
import type { Contestant } from './experiment.ts';
import { sharesEnvironment } from './pairs.ts';
import { ofBase, overridesOf, refuseSeed } from './study-file.ts';
import {
  gridPoints,
  gridValues,
  haltonPoints,
  isList,
  labelPoints,
  MOST_HALTON,
  type Parameter,
  randomPoints,
} from './sweep-points.ts';

/** The most points of a sweep. */
const MOST_POINTS = 10_000;

const range = z.union([
  z.array(z.unknown()).min(1),
  z.strictObject({
    min: z.number().describe('Least value.'),
    max: z.number().describe('Greatest value.'),
    scale: z.enum(['linear', 'log']).default('linear').describe('What is divided evenly.'),
    points: z.int().min(2).max(1000).default(5).describe('Values of it in a grid.'),
  }),
]);

const halving = z.strictObject({
  leastSteps: z.int().min(1).describe('Steps of every run of the first rung.'),
  factor: z
    .number()
    .min(1.5)
    .max(100)
    .default(3)
    .describe('From rung to rung: steps times this, points divided by it.'),
});

/** A sweep: one config, some of its settings varied. */
export const sweepSchema = z.strictObject({
  $schema: z.string().optional().describe('Where editors find the schema.'),
  description: z.string().default('').describe('The question, one line.'),
  base: z.string().min(1).describe('Config file, relative to this file.'),
  set: z.record(z.string(), z.unknown()).default({}).describe('Settings over the base, by path.'),
  parameters: z
    .record(z.string(), range)
    .describe('Path of a setting → list of values, or a range {min, max, scale}.'),
  method: z
    .enum(['grid', 'random', 'halton'])
    .default('grid')
    .describe('grid: every combination; random: independent draws; halton: a low-discrepancy sequence.'),
  samples: z.int().min(1).max(MOST_POINTS).default(16).describe('Points of random and halton.'),
  seed: z
    .int()
    .min(0)
    .max(2 ** 32 - 1)
    .default(0)
    .describe('Of random and halton.'),
  seeds: z
    .union([z.string().min(1), z.int().min(1)])
    .default(3)
    .describe('As --seeds.'),
  threshold: z.number().optional().describe('As --threshold.'),
  halving: halving
    .optional()
    .describe('Successive halving: short runs of all points, longer ones of the best. [arXiv 1502.07943]'),
});

/** A sweep that was read, its points resolved. */
export interface Sweep {
  readonly description: string;
  readonly method: 'grid' | 'random' | 'halton';
  readonly parameters: readonly Parameter[];
  /** How many points the file asks for. Of those whose configs are equal the first alone is one of `points`. */
  readonly asked: number;
  /** [point][parameter] */
  readonly points: readonly unknown[][];
  /** One per point. */
  readonly contestants: readonly Contestant[];
  readonly seeds: string;
  readonly threshold: number | undefined;
  readonly halving: { readonly leastSteps: number; readonly factor: number } | undefined;
}

/** A sweep, or all that is wrong with it. */
export type SweepInspection =
  | { readonly sweep: Sweep; readonly problems: readonly [] }
  | { readonly sweep?: never; readonly problems: readonly string[] };

/**
 * Reads a sweep file.
 * @param overrides from the command line, over everything
 * @throws UserError with the first problem, and how many more there are
 */
export function readSweep(
  file: string,
  overrides: readonly Override[],
  environments: EnvironmentOptions,
): Sweep {
  refuseSeed(overrides);
  const written = readJsonFile(file, 'file');
  const other = otherKind(file, kindOfJson(written), ['sweep']);
  if (other !== undefined) throw new UserError(other);
  const { sweep, problems } = inspectSweep(written, file, overrides, environments);
  if (sweep !== undefined) return sweep;
  throw firstOf(problems, file, overrides.length > 0);
}

/** As `readSweep`, of what a sweep file holds, but returns every problem. */
export function inspectSweep(
  written: unknown,
  file: string,
  overrides: readonly Override[],
  environments: EnvironmentOptions,
): SweepInspection {
  if (!isTree(written)) return { problems: [`a sweep must be a JSON object (${file})`] };
  const { data, problems } = inspectBySchema(sweepSchema, written, file);
  if (problems !== undefined) return { problems };
  try {
    refuseUnused(written, data, file);
    return sweepOf(data, file, overrides, environments);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { problems: [error.message] };
  }
}

/** @throws UserError for what the schema cannot know */
function sweepOf(
  sweep: z.output<typeof sweepSchema>,
  file: string,
  overrides: readonly Override[],
  environments: EnvironmentOptions,
): SweepInspection {
  const base = pathBeside(file, sweep.base);
  const common = [...overridesOf(sweep.set, file, 'set'), ...overrides];
  const { loaded, problems: wrong } = inspectConfig(base, common, environments);
  if (loaded === undefined) return { problems: wrong.map((each) => ofBase(each, file)) };
  const { schema, config } = loaded;
  if (sweep.halving !== undefined && sweep.halving.leastSteps >= config.steps) {
    throw new UserError(
      `halving.leastSteps must be < ${config.steps}, the steps of the config, got ${sweep.halving.leastSteps} (${file})`,
    );
  }
  const parameters = Object.entries(sweep.parameters).map(([path, own]): Parameter => {
    if (path === 'steps' && sweep.halving !== undefined)
      throw new UserError(
        `parameters.steps has no effect with halving, whose rungs say the steps of all points (${file})`,
      );
    if (changesNoRun(path)) throw new UserError(`parameters.${path}: varying it changes no run (${file})`);
    const clash = overrides.find((override) => override.path === path);
    if (clash) throw new UserError(`${clash.origin} ${path}: the sweep varies it (${file})`);
    if (!Array.isArray(own)) checkRange(path, own, file);
    const field = schemaAt(schema, path.split('.')) ?? schemaAt(configJsonSchema(), path.split('.'));
    const types = field === undefined ? [] : alternatives(field).map(({ type }) => type);
    return { path, range: own, isInteger: types.includes('integer') && !types.includes('number') };
  });
  if (parameters.length === 0)
    throw new UserError(`parameters must name a setting at least, got {} (${file})`);
  const drawn = pointsOf(sweep, parameters, file);
  // Numbered as they were drawn: what an earlier leash, which kept equal ones, called them.
  const labels = labelPoints(parameters, drawn);
  const problems = new Set<string>();
  const distinct = new Map<string, { readonly point: unknown[]; readonly contestant: Contestant }>();
  for (const [i, point] of drawn.entries()) {
    const values = Object.fromEntries(parameters.map(({ path }, d) => [path, point[d]]));
    const over = [...common, ...overridesOf(values, file, 'parameters')];
    const inspection = inspectConfig(base, over, environments);
    for (const each of inspection.problems) problems.add(each);
    if (inspection.loaded === undefined) continue;
    const { config } = inspection.loaded;
    const settings = settingsText(config);
    if (!distinct.has(settings)) distinct.set(settings, { point, contestant: { label: labels[i], config } });
  }
  if (problems.size > 0) return { problems: [...problems] };
  const points = [...distinct.values()].map(({ point }) => point);
  const contestants = [...distinct.values()].map(({ contestant }) => contestant);
  const other = contestants.find((each) => !sharesEnvironment(each, contestants[0]));
  if (sweep.halving !== undefined && other !== undefined)
    throw new UserError(
      `halving ranks points by their returns, which are of different environments (${contestants[0].label}, ${other.label}): leave out halving (${file})`,
    );
  const { description, method, threshold, halving } = sweep;
  return {
    sweep: {
      ...{ description, method, parameters, asked: askedBy(sweep, parameters), points, contestants },
      ...{ seeds: String(sweep.seeds), threshold, halving },
    },
    problems: [],
  };
}

/** @throws UserError for what was written and the method does not read */
function refuseUnused(written: Tree, { method }: z.output<typeof sweepSchema>, file: string): void {
  const ranges = isTree(written.parameters) ? Object.entries(written.parameters) : [];
  const points = ranges.find(([, own]) => isTree(own) && 'points' in own);
  const sampled = ['samples', 'seed'].find((key) => key in written);
  if (method === 'grid' && sampled !== undefined)
    throw new UserError(
      `${sampled} has no effect with method "grid": its points are all combinations (${file})`,
    );
  if (method !== 'grid' && points !== undefined)
    throw new UserError(
      `parameters.${points[0]}.points has no effect with method "${method}": samples says how many (${file})`,
    );
}

/** How many points a sweep asks for, equal ones with them. */
function askedBy(
  { method, samples }: z.output<typeof sweepSchema>,
  parameters: readonly Parameter[],
): number {
  if (method !== 'grid') return samples;
  return parameters.reduce((all, { range }) => all * (isList(range) ? range.length : range.points), 1);
}

function pointsOf(
  sweep: z.output<typeof sweepSchema>,
  parameters: readonly Parameter[],
  file: string,
): unknown[][] {
  if (sweep.method === 'grid') {
    const values = gridValues(parameters);
    // Counted before they are made: three parameters of 1,000 values are 10⁹ points.
    const counts = values.map(({ length }) => length);
    const count = counts.reduce((product, each) => product * each, 1);
    if (count <= MOST_POINTS) return gridPoints(values);
    throw new UserError(
      `parameters must give at most ${MOST_POINTS} points, got ${count} (${counts.join(' × ')}); method "random" or "halton" takes as many samples as you say (${file})`,
    );
  }
  if (sweep.method === 'random') return randomPoints(parameters, sweep.samples, sweep.seed);
  if (parameters.length <= MOST_HALTON) return haltonPoints(parameters, sweep.samples, sweep.seed);
  throw new UserError(
    `method "halton" takes at most ${MOST_HALTON} parameters, got ${parameters.length}; use "random" (${file})`,
  );
}

function checkRange(
  path: string,
  { min, max, scale }: { min: number; max: number; scale: string },
  file: string,
): void {
  if (min >= max) {
    throw new UserError(`parameters.${path}.max must be > ${min}, its min, got ${max} (${file})`);
  }
  if (scale === 'log' && min <= 0) {
    throw new UserError(`parameters.${path}.min must be > 0 on a log scale, got ${min} (${file})`);
  }
}
