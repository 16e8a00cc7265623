import { jsonSchemaOf } from './fields.ts';
import type { EnvironmentOptions } from './load.ts';
import { withNewNames } from './old-names.ts';
import { explainIssues, isTree, show, type Tree } from './problem.ts';
import { type Config, configSchema } from './schema.ts';
import { UserError } from '../user-error.ts';
import * as z from '../packages/zod.ts';

/** The config of a run, or why there is none. */
export type RunConfig =
  | { readonly config: Config; readonly problems?: never }
  | {
      readonly config?: never;
      /** One line each, the file at the end. */
      readonly problems: readonly string[];
      /** Whether it has settings unknown here and no other fault: another version of leash wrote it. */
      readonly isForeign: boolean;
    };

/** Of a config of `leash fit` only what tells it from others is read here. */
const fitConfigSchema = z.looseObject({
  seed: z.int().min(0),
  data: z.looseObject({ file: z.string() }),
});

/** As `readRunConfig`, of what the file holds. @param place how problems name the file */
export function inspectRunConfig(
  written: unknown,
  place: string,
  environments?: EnvironmentOptions,
): RunConfig {
  if (!isTree(written)) {
    return {
      problems: [`a config must be a JSON object, got ${show(written)} (${place})`],
      isForeign: false,
    };
  }
  const isFit = 'data' in written && !('environment' in written);
  return isFit ? inspectFit(written, place) : inspectTraining(withNewNames(written), place, environments);
}

function inspectTraining(
  written: Tree,
  place: string,
  environments: EnvironmentOptions | undefined,
): RunConfig {
  const parsed = configSchema.safeParse(written);
  if (!parsed.success) return refused(configSchema, parsed.error.issues, written, place);
  const { environment } = parsed.data;
  if (environments === undefined) return { config: parsed.data };
  try {
    environments.schema(environment, place);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { config: parsed.data };
  }
  try {
    const options = environments.resolve(environment, environment.options, () => place);
    return { config: { ...parsed.data, environment: { ...environment, options } } };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { problems: [error.message], isForeign: error.message.includes('is not a setting') };
  }
}

/** A run of `leash fit` has data where others have an environment: its file takes that place. */
function inspectFit(written: Tree, place: string): RunConfig {
  const parsed = fitConfigSchema.safeParse(written);
  if (!parsed.success) return refused(fitConfigSchema, parsed.error.issues, written, place);
  const environment = {
    id: parsed.data.data.file,
    copies: 1,
    options: {},
    wrappers: [],
    normalizeRewards: false,
    normalizeObservations: false,
  };
  return { config: { ...parsed.data, environment } as unknown as Config };
}

function refused(
  schema: z.ZodType,
  issues: Parameters<typeof explainIssues>[0],
  written: Tree,
  place: string,
): RunConfig {
  return {
    problems: explainIssues(issues, written, jsonSchemaOf(schema), () => place),
    isForeign: issues.every(({ code }) => code === 'unrecognized_keys'),
  };
}
