import { basename, dirname, join } from 'node:path';
import * as z from '../packages/zod.ts';
import { readJsonFile } from '../node/text-file.ts';
import type { EnvironmentOptions, Override } from '../config/load.ts';
import { loadConfig } from '../node/load-config.ts';
import { isTree } from '../config/problem.ts';
import { parseBySchema } from '../config/parse-by-schema.ts';
import { shortLine, UserError } from '../user-error.ts';
import type { Contestant } from './experiment.ts';

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
      'Label → settings over the base, by path; "base" among them names another base. The label is the folder of its runs.',
    ),
  seeds: z
    .union([z.string().min(1), z.int().min(1)])
    .default(10)
    .describe('As --seeds.'),
  threshold: z.number().optional().describe('As --threshold.'),
  matchKl: z.number().gt(0).optional().describe('As --match-kl.'),
});

/** A study that was read, its configs resolved. */
export interface Study {
  readonly description: string;
  readonly contestants: readonly Contestant[];
  readonly seeds: string | undefined;
  readonly threshold: number | undefined;
  readonly matchKl: number | undefined;
}

/**
 * Reads a study file, or a config file as a study of one.
 * @param overrides from the command line, over everything
 * @throws UserError
 */
export function readStudy(
  file: string,
  overrides: readonly Override[],
  environments: EnvironmentOptions,
): Study {
  refuseSeed(overrides);
  const written = readJsonFile(file, 'file');
  if (!isTree(written) || !('configs' in written)) {
    const { config } = loadConfig(file, overrides, environments);
    const contestants = [{ label: checkLabel(basename(file, '.json'), file), config }];
    return { description: '', contestants, seeds: undefined, threshold: undefined, matchKl: undefined };
  }
  const study = parseBySchema(studySchema, written, file);
  const labels = Object.keys(study.configs);
  if (labels.length === 0) throw new UserError(`configs must have at least one config, got {} (${file})`);
  const contestants = labels.map((label) => {
    const { base = study.base, ...own } = study.configs[label];
    if (typeof base !== 'string') {
      const got = base === undefined ? 'but both are missing' : `got ${JSON.stringify(base)}`;
      throw new UserError(
        `base or configs.${shortLine(label)}.base must be a config file's name, ${got} (${file})`,
      );
    }
    const over = [
      ...overridesOf(study.set, `${file} set`),
      ...overridesOf(own, `${file} configs.${shortLine(label)}`),
      ...overrides,
    ];
    const { config } = loadConfig(join(dirname(file), base), over, environments);
    return { label: checkLabel(label, file), config };
  });
  const { description, threshold, matchKl } = study;
  return { description, contestants, seeds: String(study.seeds), threshold, matchKl };
}

/** Settings by path as overrides of a config. @param origin how errors say where they were given @throws UserError */
export function overridesOf(values: Readonly<Record<string, unknown>>, origin: string): Override[] {
  const overrides = Object.entries(values).map(([path, value]) => ({
    path,
    text: typeof value === 'string' ? value : JSON.stringify(value),
    origin: `${origin} ${path}`,
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

const TAKEN = new Set(['calibration', 'lock']);

function checkLabel(label: string, file: string): string {
  if (/^[\p{L}\p{N}][\p{L}\p{N}_.+=-]*$/u.test(label) && !TAKEN.has(label)) return label;
  throw new UserError(
    `a config's label names the folder of its runs: letters, digits and _ . + = - but not "calibration" or "lock", got ${JSON.stringify(label)} (${file})`,
  );
}
