/**
 * What two trainings share that differ in the leash alone: a config that came with leash, with settings over it. How many of
 * twenty seeds collapse says `preset-counts.json`, which `npm run lab:presets` makes with the command line.
 */
export interface Preset {
  /** In the address. */
  readonly name: string;
  readonly title: string;
  /** Its name. */
  readonly config: string;
  /** Steps of the whole run. */
  readonly steps: number;
  /** Where the sliders begin. */
  readonly knobs: Knobs;
  /** A run has collapsed whose return over the last tenth is below. */
  readonly collapsedBelow: number;
  /** The best return there is. */
  readonly best: number;
}

/** What sliders set, each to a value of its list: as `--set` takes it. */
export const knobValues = {
  delta: ['0.001', '0.002', '0.005', '0.01', '0.02', '0.05', '0.1', '0.2', '0.5'],
  clip: ['0.05', '0.1', '0.15', '0.2', '0.25', '0.3', '0.4', '0.5', '0.7', '0.9'],
  beta: ['0', '0.1', '0.3', '1', '3', '10', '30'],
  epochs: ['1', '2', '4', '6', '8', '10', '15', '20', '30', '40'],
  rate: ['0.0001', '0.0003', '0.001', '0.003', '0.01', '0.03', '0.1', '0.3'],
} as const;

export type KnobName = keyof typeof knobValues;
export type Knobs = { readonly [Name in KnobName]: (typeof knobValues)[Name][number] };
export const knobNames = Object.keys(knobValues) as KnobName[];

export const presets: readonly Preset[] = [
  {
    name: 'lake',
    title: 'FrozenLake, a learning rate of 0.03',
    config: 'quickstart',
    steps: 20_000,
    knobs: { delta: '0.02', clip: '0.2', beta: '0', epochs: '8', rate: '0.03' },
    collapsedBelow: 0.5,
    best: 1,
  },
  {
    name: 'pole',
    title: 'CartPole, a learning rate of 0.03',
    config: 'cart-pole-clip',
    steps: 50_000,
    knobs: { delta: '0.02', clip: '0.2', beta: '0', epochs: '20', rate: '0.03' },
    collapsedBelow: 350,
    best: 500,
  },
];

/** Settings of one of the two, as `--set` says them. @param isLeashed whether an update that leaves δ is taken back to it */
export function settingsOf(
  preset: Preset,
  knobs: Knobs,
  isLeashed: boolean,
): Readonly<Record<string, string>> {
  return {
    steps: String(preset.steps),
    'objective.kind': knobs.beta === '0' ? 'clip' : 'clipAndKlPenalty',
    'objective.clipRange': knobs.clip,
    ...(knobs.beta !== '0' && { 'objective.beta': knobs.beta }),
    'ppo.epochs': knobs.epochs,
    'optimizer.learningRate': knobs.rate,
    'trustRegion.delta': knobs.delta,
    'trustRegion.stop': 'null',
    'trustRegion.onOvershoot': isLeashed ? 'rollback' : 'stop',
  };
}

/** The command that makes the whole run of one of the two. */
export function commandOf(preset: Preset, knobs: Knobs, isLeashed: boolean, seed: string): string {
  const settings = Object.entries(settingsOf(preset, knobs, isLeashed));
  return `leash train ${preset.config} --seed ${seed} ${settings.map(([path, value]) => `--set ${path}=${value}`).join(' ')}`;
}
