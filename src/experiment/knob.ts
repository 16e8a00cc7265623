import { hasCritic } from '../config/advantage.ts';
import type { Config } from '../config/schema.ts';
import { knobOfObjective } from '../objective/objective.ts';
import type { SettingKnob } from '../objective/settings.ts';

/** The knob of a config, as it stands. */
export interface Knob extends SettingKnob {
  readonly value: number;
}

/**
 * The knobs of a config, each for where those before don't do: ε of a clipped objective, β of a fixed penalty, the target of an
 * adaptive one or of a learning rate that follows the KL, τ of the soft clip, δ of TRPO and of a projection; then, and where the
 * objective has none of its own, the learning rate.
 */
export function knobsOf(config: Config): [Knob, ...Knob[]] {
  const at = (knob: SettingKnob): Knob => ({ ...knob, value: settingAt(config, knob.path) });
  if (config.algorithm !== 'ppo' || config.trustRegion.projection !== null) return [at(DELTA)];
  const { learningRate } = config.optimizer;
  if (followsKl(learningRate)) return [at(RATE_TARGET)];
  const own = knobOfObjective(config.objective);
  return own === undefined ? [at(RATE)] : [at(own), at(RATE)];
}

/** Settings in which `withKnob` may make a config another one, whichever of its knobs is turned. */
export function turnedSettings(config: Config): string[] {
  return [...knobsOf(config).map(({ path }) => path), 'optimizer.valueLearningRate'];
}

type Rate = Config['optimizer']['learningRate'];

function followsKl(rate: Rate): rate is Extract<Rate, { target: number }> {
  return typeof rate !== 'number' && 'target' in rate;
}

const DELTA: SettingKnob = { path: 'trustRegion.delta', direction: 1, least: 1e-7, most: 10 };
const RATE_TARGET: SettingKnob = {
  ...{ path: 'optimizer.learningRate.target', direction: 1, least: 1e-7, most: 10 },
};
const RATE: SettingKnob = { path: 'optimizer.learningRate', direction: 1, least: 1e-9, most: 1 };

/** A number, or where a schedule starts. */
function settingAt(config: Config, path: string): number {
  const value = path
    .split('.')
    .reduce<unknown>((here, key) => (here as Record<string, unknown>)[key], config);
  return typeof value === 'number' ? value : (value as { from: number }).from;
}

/**
 * The config with the knob at `value`; a schedule is scaled as a whole. Where it is the learning rate, the value network keeps its
 * own: how far the policy goes is what is turned.
 */
export function withKnob(config: Config, path: string, value: number): Config {
  const copy = structuredClone(config);
  const { learningRate } = config.optimizer;
  if (path === RATE.path && hasCritic(config) && !followsKl(learningRate))
    copy.optimizer.valueLearningRate ??= learningRate;
  const keys = path.split('.');
  const last = keys.pop() as string;
  const section = keys.reduce<Record<string, unknown>>(
    (here, key) => here[key] as Record<string, unknown>,
    copy,
  );
  const now = section[last];
  if (typeof now === 'number') section[last] = value;
  else {
    const schedule = now as { from: number; to: number };
    section[last] = { ...schedule, from: value, to: readable((schedule.to * value) / schedule.from) };
  }
  return copy;
}

/** Four significant digits: what a person would write in the config. */
export function readable(value: number): number {
  return Number(value.toPrecision(4));
}
