import { basename } from 'node:path';
import * as z from '../packages/zod.ts';
import { readJsonFile } from '../node/text-file.ts';
import type { EnvironmentOptions, Override } from '../config/load.ts';
import { keysAsWritten } from '../config/json.ts';
import { kindOfJson, otherKind } from '../config/file-kind.ts';
import { inspectBySchema } from '../config/parse-by-schema.ts';
import { firstOf, isTree } from '../config/problem.ts';
import { pathBeside } from '../node/beside.ts';
import { inspectConfig, loadConfig } from '../node/load-config.ts';
import { shortLine, UserError } from '../user-error.ts';
import type { Contestant } from './experiment.ts';
import type { KlTarget } from './kl-target.ts';

/** In a base: the name of the world that the config is run in. */
const WORLD = '{world}';

/** Settings by path: `{"objective.clipRange": 0.1}`. */
const settings = z.record(z.string(), z.unknown());

/** A study: variations of one config, compared by `leash compare FILE`. */
export const studySchema = z.strictObject({
  $schema: z.string().optional().describe('Where editors find the schema.'),
  description: z.string().default('').describe('The question, one line.'),
  base: z
    .string()
    .min(1)
    .optional()
    .describe('Config file that all of them start from, relative to this file.'),
  set: settings.default({}).describe('Settings over the base, by path, for all of them.'),
  configs: z
    .record(z.string(), settings)
    .describe(
      'Label → settings over the base, by path; "base" among them names another base, in which {world} is the name of the world. The label is the folder of its runs.',
    ),
  worlds: z
    .record(z.string(), settings)
    .optional()
    .describe(
      'World → settings of all configs in it, by path; "base" among them names its base. Every config is run in every world, as CONFIG.WORLD, and compared over all of them.',
    ),
  seeds: z
    .union([z.string().min(1), z.int().min(1)])
    .default(10)
    .describe('As --seeds.'),
  threshold: z.number().optional().describe('As --threshold.'),
  matchKl: z
    .union([z.number().gt(0), z.record(z.string(), z.number().gt(0))])
    .optional()
    .describe('As --match-kl; or world → target, of every one of the worlds.'),
  margin: z.number().gt(0).optional().describe('As --margin.'),
});

/** A study that was read, its configs resolved. */
export interface Study {
  readonly description: string;
  readonly contestants: readonly Contestant[];
  readonly seeds: string | undefined;
  readonly threshold: number | undefined;
  readonly matchKl: KlTarget | undefined;
  readonly margin: number | undefined;
}

/** A study, or all that is wrong with it. */
export type StudyInspection =
  | { readonly study: Study; readonly problems: readonly [] }
  | { readonly study?: never; readonly problems: readonly string[] };

/**
 * Reads a study file, or a config file as a study of one.
 * @param overrides from the command line, over everything
 * @throws UserError with the first problem, and how many more there are
 */
export function readStudy(
  file: string,
  overrides: readonly Override[],
  environments: EnvironmentOptions,
): Study {
  refuseSeed(overrides);
  const written = readJsonFile(file, 'file');
  const other = otherKind(file, kindOfJson(written), ['config', 'study']);
  if (other !== undefined) throw new UserError(other);
  if (!isTree(written) || !('configs' in written)) {
    const { config } = loadConfig(file, overrides, environments);
    const contestants = [{ label: checkLabel(basename(file, '.json'), file), config }];
    return {
      ...{ description: '', contestants, seeds: undefined, threshold: undefined },
      ...{ matchKl: undefined, margin: undefined },
    };
  }
  const { study, problems } = inspectStudy(written, file, overrides, environments);
  if (study !== undefined) return study;
  throw firstOf(problems, file, overrides.length > 0);
}

/** As `readStudy`, of what a study file holds, but returns every problem. */
export function inspectStudy(
  written: unknown,
  file: string,
  overrides: readonly Override[],
  environments: EnvironmentOptions,
): StudyInspection {
  const { data, problems: wrong } = inspectBySchema(studySchema, written, file);
  if (wrong !== undefined) return { problems: wrong };
  const labels = keysIn(written, 'configs');
  if (labels.length === 0) return { problems: [`configs must have at least one config, got {} (${file})`] };
  const problems = [...wrongTargets(data, file)];
  const worlds = data.worlds === undefined ? [undefined] : keysIn(written, 'worlds');
  if (worlds.length === 0) return { problems: [`worlds must have at least one world, got {} (${file})`] };
  const read = (method: string, world: string | undefined): Contestant[] => {
    const label = world === undefined ? method : `${method}.${world}`;
    try {
      const there = world === undefined ? {} : (data.worlds?.[world] ?? {});
      const { base: common = data.base, ...around } = there;
      const { base = common, ...own } = data.configs[method] as Record<string, unknown>;
      if (typeof base !== 'string') {
        const got = base === undefined ? 'but both are missing' : `got ${JSON.stringify(base)}`;
        throw new UserError(
          `base or configs.${shortLine(method)}.base must be a config file's name, ${got} (${file})`,
        );
      }
      if (world === undefined && base.includes(WORLD))
        throw new UserError(
          `base ${base}: ${WORLD} stands for the name of a world, and there are no worlds (${file})`,
        );
      const over = [
        ...overridesOf(data.set, file, 'set'),
        ...overridesOf(around, file, `worlds.${shortLine(world ?? '')}`),
        ...overridesOf(own, file, `configs.${shortLine(method)}`),
        ...overrides,
      ];
      const named = checkLabel(label, file);
      const { loaded, problems: found } = inspectConfig(
        pathBeside(file, base.replaceAll(WORLD, world ?? '')),
        over,
        environments,
      );
      if (loaded !== undefined)
        return [{ label: named, config: loaded.config, ...(world !== undefined && { method, world }) }];
      problems.push(...found.map((each) => ofBase(each, file)));
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      problems.push(error.message);
    }
    return [];
  };
  const contestants = worlds.flatMap((world) => labels.flatMap((label) => read(label, world)));
  if (problems.length > 0) return { problems: [...new Set(problems)] };
  const { description, threshold, matchKl, margin } = data;
  return {
    study: { description, contestants, seeds: String(data.seeds), threshold, matchKl, margin },
    problems: [],
  };
}

/** The keys of an object in the file, in its order. */
function keysIn(written: unknown, name: string): readonly string[] {
  const value = isTree(written) ? written[name] : undefined;
  return isTree(value) ? keysAsWritten(value) : [];
}

/** Of targets by world, those of no world, and worlds that have none. */
function wrongTargets(
  { matchKl, worlds = {} }: { readonly matchKl?: KlTarget | undefined; readonly worlds?: object | undefined },
  file: string,
): string[] {
  if (typeof matchKl !== 'object') return [];
  const names = Object.keys(worlds);
  const known = names.length === 0 ? 'there are no worlds' : `the worlds are ${names.join(', ')}`;
  return [
    ...Object.keys(matchKl)
      .filter((world) => !names.includes(world))
      .map((world) => `matchKl.${shortLine(world)} is of no world; ${known} (${file})`),
    ...names
      .filter((world) => !Object.hasOwn(matchKl, world))
      .map(
        (world) =>
          `matchKl.${shortLine(world)} must be a mean KL per update in nats, > 0, but it is missing (${file})`,
      ),
  ];
}

/** A problem of the config that a study or sweep names: where it names no setting, with the file that names it. */
export function ofBase(problem: string, file: string): string {
  return problem.endsWith(')') ? problem : `base: ${problem} (${file})`;
}

/** Settings by path in a file as overrides of a config. @param at where in the file they stand @throws UserError */
export function overridesOf(values: Readonly<Record<string, unknown>>, file: string, at: string): Override[] {
  const overrides = Object.entries(values).map(([path, value]) => ({
    path,
    text: typeof value === 'string' ? value : JSON.stringify(value),
    origin: `${file} ${at} ${path}`,
    file,
  }));
  refuseSeed(overrides);
  return overrides;
}

/** The seed of a config is replaced by each of the experiment's, so that setting it would do nothing. @throws UserError */
export function refuseSeed(overrides: readonly Override[]): void {
  const seed = overrides.find(({ path }) => path === 'seed');
  if (seed === undefined) return;
  const place = seed.origin === '--set' ? `--set seed=${seed.text}` : seed.origin;
  throw new UserError(
    `seed has no effect here: --seeds (or "seeds" of the file) says which are run (${place})`,
  );
}

/** What else is in the folder of an experiment. */
export const TAKEN_LABELS: readonly string[] = ['calibration', 'lock'];

function checkLabel(label: string, file: string): string {
  if (/^[\p{L}\p{N}][\p{L}\p{N}_.+=-]*$/u.test(label) && !TAKEN_LABELS.includes(label)) return label;
  throw new UserError(
    `a config's label names the folder of its runs: letters, digits and _ . + = - but not "calibration" or "lock", got ${JSON.stringify(label)} (${file})`,
  );
}
