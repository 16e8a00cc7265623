import { type Schedule, scheduleSchema } from '../optimizer/schedule.ts';
import * as z from '../packages/zod.ts';

/** In what an objective can ask how far a state's distribution is from π_old's. */
export const divergences = ['kl', 'tv'] as const;
export type Divergence = (typeof divergences)[number];

/** How a β follows a KL. @param target default of the KL to hold, and what it is */
export const adaptSchema = (target: number, meaning: string) =>
  z.strictObject({
    rule: z
      .enum(['paper', 'rllib', 'ziegler'])
      .default('paper')
      .describe(
        'With d the KL that an update ends with. paper: d < target/1.5 → β/2, d > 1.5·target → 2β [PPO, arXiv 1707.06347, §4]; rllib: d > 2·target → 1.5·β, d < target/2 → β/2; ziegler: β·(1 + clip(d/target − 1, ±0.2)·n/H), n samples a rollout [arXiv 1909.08593, §2.2].',
      ),
    target: z.number().gt(0).max(100).default(target).describe(meaning),
    min: z.number().gt(0).default(1e-4).describe('Least β.'),
    max: z.number().gt(0).default(1e4).describe('Greatest β.'),
    horizon: z
      .number()
      .gt(0)
      .nullable()
      .default(null)
      .describe('H of ziegler, samples; null: 10000 with ziegler, and none with the other rules.'),
  });

const adapt = adaptSchema(
  0.01,
  'Mean exact KL(π_old‖π_new) over the rollout that an update shall end with, nats.',
);

type Adapt = z.output<ReturnType<typeof adaptSchema>>;

/**
 * What `adapt` comes to, ziegler's horizon filled in.
 * @param section whose it is: `objective`, `reference`
 * @param complain is told what no field can know alone
 */
export function filledAdapt(
  section: string,
  adapt: Adapt | null,
  beta: number,
  complain: (path: string[], message: string, input: unknown) => void,
): Adapt | null {
  if (adapt === null) return null;
  const { min, max, rule, horizon } = adapt;
  if (min > max) {
    complain(['adapt', 'min'], `must be at most ${section}.adapt.max ${max}, got ${min}`, min);
  } else if (beta < min || beta > max) {
    complain(['beta'], `must be in [${min}, ${max}], the bounds of ${section}.adapt, got ${beta}`, beta);
  }
  if (rule !== 'ziegler' && horizon !== null) {
    const message = `does not belong to ${section}.adapt.rule "${rule}"; it is a setting of ziegler`;
    complain(['adapt', 'horizon'], message, horizon);
  }
  return { ...adapt, horizon: rule === 'ziegler' ? (horizon ?? 10_000) : null };
}

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
  clipRangeLow: {
    schema: scheduleSchema({ min: 0, minExclusive: true, max: 1 }),
    default: 0.2,
    meaning: 'ε_low of {kinds}: the band of ratios begins at 1 − ε_low.',
    knob: knob('clipRangeLow', 1, 1e-4, 1),
  },
  clipRangeHigh: {
    schema: scheduleSchema({ min: 0, minExclusive: true, max: 10 }),
    default: 0.28,
    meaning: 'ε_high of {kinds}: the band of ratios ends at 1 + ε_high.',
    knob: knob('clipRangeHigh', 1, 1e-4, 10),
  },
  rollbackSlope: {
    schema: z.number().gt(0).max(100),
    default: 0.3,
    meaning: 'α of {kinds}: how steeply the loss rises outside the band.',
  },
  divergence: {
    schema: z.enum(divergences),
    default: 'kl',
    meaning:
      'What {kinds} measures in each state, exactly: kl, KL(π_old‖π_new) in nats; tv, total variation in [0, 1], for a single discrete action only.',
  },
  divergenceBound: {
    schema: scheduleSchema({ min: 0, minExclusive: true, max: 100 }),
    default: 0.02,
    meaning:
      'δ of {kinds}: the divergence of a state beyond which samples that lead further away are left out.',
    knob: knob('divergenceBound', 1, 1e-7, 10),
  },
  klRange: {
    schema: scheduleSchema({ min: 0, minExclusive: true, max: 100 }),
    default: 0.03,
    meaning:
      'δ of {kinds}, nats: ratios that KL(π_old‖π) ≤ δ in the sample’s state allows are inside the band, beside 1 ± ε.',
    knob: knob('klRange', 1, 1e-7, 10),
  },
  gate: {
    schema: z.enum(['linearRamp', 'sigmoid', 'softMinimum']),
    default: 'linearRamp',
    meaning: 'How {kinds} fades at the edge of the band.',
  },
  softness: {
    schema: z.number().gt(0).max(10),
    default: 0.05,
    meaning: 's of {kinds}, in units of the ratio: the width of the edge.',
  },
  temperaturePositive: {
    schema: z.number().gt(0).max(1000),
    default: 1,
    meaning: 'τ of {kinds} where Â > 0; the greater, the narrower.',
    knob: knob('temperaturePositive', -1, 1e-3, 1000),
  },
  temperatureNegative: {
    schema: z.number().gt(0).max(1000),
    default: 1.05,
    meaning: 'τ of {kinds} where Â ≤ 0.',
    knob: knob('temperatureNegative', -1, 1e-3, 1000),
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
