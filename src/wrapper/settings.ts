import * as z from '../packages/zod.ts';

/** A setting of a wrapper: what it may be, and what it is where it is not said; undefined: it has to be said. */
interface WrapperSetting<Schema extends z.ZodType> {
  readonly schema: Schema;
  readonly default: z.output<Schema> | undefined;
  readonly meaning: string;
}

function setting<Schema extends z.ZodType>(
  schema: Schema,
  standard: z.output<Schema> | undefined,
  meaning: string,
): WrapperSetting<Schema> {
  return { schema, default: standard, meaning };
}

/** Every setting that a wrapper has; which has which is said by the wrappers. */
export const wrapperSettings = {
  steps: setting(z.int().min(1).max(1_000_000), undefined, 'Steps after which an episode is cut.'),
  factor: setting(z.number().gt(0), undefined, 'What rewards are multiplied by.'),
  low: setting(z.number(), -1, 'The least value.'),
  high: setting(z.number(), 1, 'The greatest value, above `low`.'),
  probability: setting(z.number().min(0).max(1), 0.25, 'Of the action before being done again.'),
  times: setting(z.int().min(1).max(1000), undefined, 'Steps of the environment to one of the policy.'),
  frames: setting(z.int().min(1).max(64), 4, 'Observations that are seen together.'),
};

export type WrapperSettingName = keyof typeof wrapperSettings;

/** What each setting is, once it is filled in. */
export type WrapperSettingValues = {
  readonly [Name in WrapperSettingName]: z.output<(typeof wrapperSettings)[Name]['schema']>;
};
