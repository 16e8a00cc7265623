import { type Schedule, scheduleSchema } from '../optimizer/schedule.ts';
import * as z from '../packages/zod.ts';

const adapt = z.strictObject({
  rule: z
    .enum(['paper', 'rllib', 'ziegler'])
    .default('paper')
    .describe(
      'With d the KL that an update ends with. paper: d < target/1.5 → β/2, d > 1.5·target → 2β [PPO, arXiv 1707.06347, §4]; rllib: d > 2·target → 1.5·β, d < target/2 → β/2; ziegler: β·(1 + clip(d/target − 1, ±0.2)·n/H), n samples a rollout [arXiv 1909.08593, §2.2].',
    ),
  target: z
    .number()
    .gt(0)
    .max(100)
    .default(0.01)
    .describe('Mean exact KL(π_old‖π_new) over the rollout that an update shall end with, nats.'),
  min: z.number().gt(0).default(1e-4).describe('Least β.'),
  max: z.number().gt(0).default(1e4).describe('Greatest β.'),
  horizon: z
    .number()
    .gt(0)
    .nullable()
    .default(null)
    .describe('H of ziegler, samples; null: 10000 with ziegler, and none with the other rules.'),
});

/** The setting that says how far an update goes: where it stands, whether more of it is more KL (1) or less (−1). */
export interface SettingKnob {
  readonly path: string;
  readonly direction: 1 | -1;
  readonly least: number;
  readonly most: number;
}

const knob = (path: string, direction: 1 | -1, least: number, most: number): SettingKnob => ({
  ...{ path: `objective.${path}`, direction, least, most },
});

/** Every key of `objective` in the config but `kind`: what may be given, its default, and what it is in {kinds}. */
export const objectiveSettings = {
  clipRange: {
    schema: scheduleSchema({ min: 0, minExclusive: true, max: 10 }),
    default: 0.2,
    meaning: 'ε of the clipped ratio; of {kinds}.',
    knob: knob('clipRange', 1, 1e-4, 10),
  },
  beta: {
    schema: z.number().gt(0),
    default: 1,
    meaning: 'β of {kinds}; with `adapt` the first update’s.',
    knob: knob('beta', -1, 1e-6, 1e6),
  },
  adapt: {
    schema: adapt.nullable(),
    default: null,
    meaning: 'How β follows the KL, once per rollout; null: β is fixed. Of {kinds}.',
    knob: knob('adapt.target', 1, 1e-7, 10),
  },
  dualClip: {
    schema: z.number().gt(1),
    default: 3,
    meaning: 'c of {kinds}: a ratio beyond it has no gradient where Â < 0.',
  },
  temperature: {
    schema: z.number().gt(0).max(1000),
    default: 2,
    meaning: 'τ of {kinds}; the greater, the narrower.',
    knob: knob('temperature', -1, 1e-3, 1000),
  },
} as const;

export type SettingName = keyof typeof objectiveSettings;

/** The settings that have a knob. */
export type KnobName = {
  [Name in SettingName]: (typeof objectiveSettings)[Name] extends { knob: SettingKnob } ? Name : never;
}[SettingName];

/** Settings as a config has them. */
export type ConfiguredSettings = {
  readonly [Name in SettingName]: z.output<(typeof objectiveSettings)[Name]['schema']>;
};

/** Settings as an update has them: schedules resolved, β as it stands. */
export type Settings = {
  readonly [Name in SettingName]: Schedule extends ConfiguredSettings[Name]
    ? number
    : ConfiguredSettings[Name];
};
