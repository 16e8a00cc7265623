import { k1, k2, k3 } from '../../divergence/estimators.ts';
import { kl } from '../../divergence/kl.ts';
import { parseCsv } from '../../formats/csv.ts';

/** What a column of somebody else's log may be, by the column of ours that it is drawn as; the last four are of samples. */
export const targets = {
  update: 'update, iteration',
  steps: 'environment steps',
  seconds: 'seconds of training',
  returnMean: 'return',
  klOldNewMean: 'KL(π_old‖π_new), exact',
  klNewOldMean: 'KL(π_new‖π_old), exact',
  k1: 'k1: mean(−ℓ)',
  k2: 'k2: mean(ℓ²/2)',
  k3: 'k3: mean(eˡ − 1 − ℓ)',
  delta: 'δ, the target KL',
  clipFraction: 'clip fraction',
  entropy: 'entropy',
  learningRate: 'learning rate',
  beta: 'β of a KL penalty',
  explainedVariance: 'explained variance',
  logOld: 'log π_old(a|s), a row a sample',
  logNew: 'log π_new(a|s)',
  pOld: 'π_old(·|s), a list a row',
  pNew: 'π_new(·|s)',
} as const;
export type Target = keyof typeof targets;

/** Which column is what; one with a minus before it is taken with the other sign. */
export type Mapping = Readonly<Partial<Record<Target, string>>>;

/** Rows of a log by the names of its columns. */
export interface Log {
  readonly names: readonly string[];
  readonly rows: readonly ReadonlyMap<string, unknown>[];
}

/** A run made of a log. */
export interface Numbers {
  readonly updates: readonly number[];
  readonly columns: ReadonlyMap<string, readonly (number | boolean | null)[]>;
  /** Since the start of training, of each update; null where it says none. */
  readonly seconds: readonly (number | null)[];
}

/**
 * What others call these figures: the end of a name, or all of it, in small letters with / between its parts. SB3, SBX and CleanRL
 * mean k3 by approx_kl, CleanRL k1 by old_approx_kl; TRL k2 by approxkl, k1 by policykl; verl and OpenRLHF k1 by ppo_kl; sb3-contrib's
 * TRPO and rl_games log KL(π_new‖π_old); RLlib KL(π_old‖π_new).
 */
const KNOWN: Readonly<Record<Target, readonly string[]>> = {
  update: ['update', 'iteration', 'iterations', 'training_iteration', 'epoch', 'epochs', 'step'],
  steps: [
    'steps',
    'total_timesteps',
    'global_step',
    'timesteps_total',
    'num_env_steps_sampled_lifetime',
    'num_env_steps_sampled',
    'totalenvinteracts',
    'step',
  ],
  seconds: ['seconds', 'time_elapsed', 'time_total_s'],
  returnMean: [
    'returnmean',
    'ep_rew_mean',
    'episodic_return',
    'episode_reward_mean',
    'episode_return_mean',
    'averageepret',
    'train/mean_reward',
    'total reward (mean)',
    'return',
  ],
  klOldNewMean: ['kloldnewmean', 'mean_kl', 'mean_kl_loss', 'kl_old_new', 'learner_stats/kl'],
  klNewOldMean: ['klnewoldmean', 'kl_new_old', 'reverse_kl', 'kl_divergence_loss', 'info/kl'],
  k1: ['k1', 'old_approx_kl', 'ppo_kl', 'policy/policykl'],
  k2: ['k2', 'approxkl', 'approxkl_avg'],
  k3: ['k3', 'approx_kl'],
  delta: ['delta', 'target_kl', 'kl_target'],
  clipFraction: ['clipfraction', 'clip_fraction', 'clipfrac', 'clipfrac_avg', 'pg_clipfrac', 'clip_ratio'],
  entropy: ['entropy', 'entropy_avg', 'entropy_loss'],
  learningRate: ['learningrate', 'learning_rate', 'learning rate', 'cur_lr', 'last_lr', 'actor_lr', 'lr'],
  beta: ['beta', 'cur_kl_coeff', 'curr_kl_coeff', 'kl_coef'],
  explainedVariance: ['explainedvariance', 'explained_variance', 'vf_explained_var'],
  logOld: ['logp_old', 'log_prob_old', 'old_logprob', 'old_log_prob', 'logprobs_old'],
  logNew: ['logp_new', 'log_prob_new', 'new_logprob', 'new_log_prob', 'logprobs_new'],
  pOld: ['p_old', 'probs_old', 'old_probs'],
  pNew: ['p_new', 'probs_new', 'new_probs'],
};
/** What ends as one of these and is something else: TRL's KL to the reference, a sequence's entropy, the clip of a value. */
const OTHERS = ['objective/kl', 'objective/kl_coef', 'objective/entropy', 'val/clipfrac_avg', 'val/clipfrac'];

/** The rows of a CSV, of a table apart by tabs, or of JSON a line. @throws Error in one line naming the place */
export function readLog(name: string, text: string): Log {
  if (text.trim() === '') throw new Error(`${name} is empty`);
  if (text.trimStart().startsWith('{')) return fromJsonLines(name, text);
  const [first = ''] = text.split('\n', 1);
  const isTabbed = first.includes('\t') && !first.includes(',');
  const [head, ...rows] = isTabbed
    ? text
        .trimEnd()
        .split(/\r?\n/)
        .map((line) => line.split('\t'))
    : parseCsv(text, name).map(({ cells }) => cells);
  if (head === undefined || rows.length === 0) throw new Error(`${name} has no row below its heads`);
  const names = head.map((each) => each.trim());
  return {
    names,
    rows: rows.map((cells) => new Map(names.map((column, at) => [column, parsed(cells[at] ?? '')]))),
  };
}

function fromJsonLines(name: string, text: string): Log {
  const rows = text.split('\n').flatMap((line, at) => {
    if (line.trim() === '') return [];
    try {
      return [new Map(flat(JSON.parse(quotedWords(line)) as object, ''))];
    } catch {
      throw new Error(`${name}:${at + 1}: it is no JSON`);
    }
  });
  return { names: [...new Set(rows.flatMap((row) => [...row.keys()]))], rows };
}

/** NaN and ±Infinity, which Python writes bare and JSON has not, as strings; what stands in one already stays. */
function quotedWords(line: string): string {
  return line.replace(/"(?:[^"\\]|\\.)*"|-?\b(?:NaN|Infinity)\b/g, (part) =>
    part.startsWith('"') ? part : `"${part}"`,
  );
}

/** What is in what by a path of points. */
function flat(tree: object, prefix: string): [string, unknown][] {
  return Object.entries(tree).flatMap(([key, value]): [string, unknown][] => {
    const path = `${prefix}${key}`;
    const isBranch = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isBranch
      ? flat(value as object, `${path}.`)
      : [[path, typeof value === 'string' ? parsed(value) : value]];
  });
}

/** A cell as a number or a list of them, where it is one. */
function parsed(cell: string): unknown {
  const text = cell.trim();
  if (text.startsWith('['))
    return text
      .replace(/^\[|\]$/g, '')
      .split(/[\s,;]+/)
      .map(Number);
  const word = /^([+-]?)(nan|inf|infinity)$/i.exec(text);
  if (word !== null) return word[2].toLowerCase() === 'nan' ? Number.NaN : Number(`${word[1]}Infinity`);
  return text === '' || Number.isNaN(Number(text)) ? text : Number(text);
}

/** What the columns seem to be, by what they are called; what several tools call differently is left to who brings them. */
export function guess(log: Log): Mapping {
  const columns = log.names.filter((name) => !endsAsOneOf(name, OTHERS));
  const found = (Object.keys(targets) as Target[]).flatMap((target): [Target, string][] => {
    const known = [...KNOWN[target], ...meantBy(log.names, target)];
    const [word] = known.filter((each) =>
      columns.some((name) => endsAs(name, each) && isPossible(log, target, name)),
    );
    const name = columns.find((each) => word !== undefined && endsAs(each, word));
    if (name === undefined) return [];
    return [[target, word === 'entropy_loss' ? `-${name}` : name]];
  });
  const mapping = Object.fromEntries(found);
  // One alone says nothing.
  return Object.fromEntries(found.filter(([target]) => loneOf(mapping, target) === undefined));
}

/** What samples are compared in, what a row of each has, and a figure that they come to. */
const PAIRS = [
  ['logOld', 'logNew', 'a number', 'k1'],
  ['pOld', 'pNew', 'a list', 'klOldNewMean'],
] as const;

/** What is wanted beside a column of samples and is not there. */
function loneOf(mapping: Mapping, target: Target): Target | undefined {
  const [other] = PAIRS.flatMap(([a, b]) => (target === a ? [b] : target === b ? [a] : []));
  return other === undefined || mapping[other] !== undefined ? undefined : other;
}

/** A bare `kl` is RLlib's exact one beside its coefficient, and Spinning Up's mean of −ℓ in its PPO; elsewhere it may be that to a reference. */
function meantBy(names: readonly string[], target: Target): readonly string[] {
  const isRllib = names.some((name) => endsAs(name, 'cur_kl_coeff'));
  const isSpinningUp = names.includes('TotalEnvInteracts') && names.includes('ClipFrac');
  return (target === 'klOldNewMean' && isRllib) || (target === 'k1' && isSpinningUp) ? ['kl'] : [];
}

/**
 * Updates are counted in whole numbers: an epoch of TRL is a share of the data. A bare `step` is one where it goes up by one, as with
 * verl and TRL; else it counts steps of the environment.
 */
function isPossible({ rows }: Log, target: Target, name: string): boolean {
  const values = rows.flatMap((row) => finiteIn(row.get(name)) ?? []);
  const isOneByOne = values.every((value, at) => at === 0 || [0, 1].includes(value - values[at - 1]));
  if (endsAs(name, 'step') && (target === 'update' || target === 'steps'))
    return isOneByOne === (target === 'update');
  return target !== 'update' || values.every(Number.isInteger);
}

function endsAsOneOf(name: string, ends: readonly string[]): boolean {
  return ends.some((each) => endsAs(name, each));
}

/** Whether the last parts of a name are these. */
function endsAs(name: string, end: string): boolean {
  const parts = name.toLowerCase().split(/[/.]/);
  return `/${parts.map((part) => part.trim()).join('/')}`.endsWith(`/${end}`);
}

/** Columns of ours. @throws Error in one line where they make no run */
export function numbersOf(name: string, log: Log, mapping: Mapping, delta: number | undefined): Numbers {
  for (const target of Object.keys(mapping) as Target[]) {
    const other = loneOf(mapping, target);
    if (other !== undefined) throw new Error(`${name}: ${targets[other]} is to be chosen, too`);
  }
  const rows = log.rows.map((row) => (target: Target) => cellOf(row, mapping[target]));
  const isOfSamples = [mapping.logOld, mapping.logNew, mapping.pOld, mapping.pNew].some(
    (each) => each !== undefined,
  );
  const groups = isOfSamples
    ? byUpdate(rows)
    : rows.map((row, at): [number, Row[]] => [finiteIn(row('update')) ?? at + 1, [row]]);
  const figures = groups.map(([update, own]) => {
    try {
      return figuresOf(update, own, delta);
    } catch (error) {
      // What is no distribution.
      throw new Error(`${name}, update ${update}: ${(error as Error).message}`);
    }
  });
  const drawn = figures.filter(({ update, steps, seconds, delta: bound, ...rest }) =>
    Object.values(rest).some((value) => value !== null),
  );
  for (const [before, after, kind, figure] of PAIRS)
    if (mapping[before] !== undefined && figures.every((each) => each[figure] === null))
      throw new Error(`${name}: no row has ${kind} both for ${targets[before]} and ${targets[after]}`);
  if (drawn.length === 0) throw new Error(`${name}: no row has a number in a column that is to be drawn`);
  const updates = drawn.map(({ update }) => update);
  const at = updates.findIndex((update, i) => i > 0 && update <= updates[i - 1]);
  if (at > 0) throw new Error(`${name}: update ${updates[at]} stands after update ${updates[at - 1]}`);
  const seconds = drawn.map((figure) => figure.seconds);
  let latest = Number.NEGATIVE_INFINITY;
  seconds.forEach((each, i) => {
    if (each === null) return;
    if (each < latest)
      throw new Error(`${name}, update ${updates[i]}: ${each} seconds of training, after ${latest} before`);
    latest = each;
  });
  const columns = new Map(
    Object.keys(drawn[0]).flatMap((column): [string, (number | boolean | null)[]][] => {
      const cells = drawn.map((figure) => figure[column as keyof typeof figure]);
      return cells.every((cell) => cell === null) ? [] : [[column, cells]];
    }),
  );
  const [means, bounds] = [columns.get('klOldNewMean'), columns.get('delta')];
  if (means && bounds)
    columns.set(
      'deltaViolated',
      // Without δ there is no outside.
      means.map((mean, i) => bounds[i] !== null && Number(mean) > Number(bounds[i])),
    );
  return { updates, columns, seconds };
}

type Row = (target: Target) => unknown;

function byUpdate(rows: readonly Row[]): [number, Row[]][] {
  const groups = new Map<number, Row[]>();
  for (const row of rows) {
    const update = finiteIn(row('update')) ?? 1;
    groups.set(update, [...(groups.get(update) ?? []), row]);
  }
  return [...groups];
}

const FIGURES = [
  'returnMean',
  'klOldNewMean',
  'klNewOldMean',
  'k1',
  'k2',
  'k3',
  'clipFraction',
  'entropy',
  'learningRate',
  'beta',
  'explainedVariance',
] as const;

/** How far below 0 others' arithmetic may bring an exact KL of equal distributions. */
const ROUNDING = 1e-4;

/** The figures of an update: what its rows say, and what its samples come to. */
function figuresOf(update: number, rows: readonly Row[], delta: number | undefined) {
  const mean = (of: (row: Row) => number | null): number | null => {
    const known = rows.map(of).filter((value) => value !== null);
    return known.length === 0 ? null : known.reduce((a, b) => a + b, 0) / known.length;
  };
  const own = Object.fromEntries(FIGURES.map((name) => [name, mean((row) => numberIn(row(name)))])) as Record<
    (typeof FIGURES)[number],
    number | null
  >;
  const ratio = (estimate: (logRatio: number) => number) =>
    mean((row) => {
      const [before, after] = [numberIn(row('logOld')), numberIn(row('logNew'))];
      return before === null || after === null ? null : estimate(after - before);
    });
  const exact = (from: Target, to: Target) =>
    mean((row) => {
      const [p, q] = [row(from), row(to)];
      return Array.isArray(p) && Array.isArray(q) ? kl(p.map(Number), q.map(Number)) : null;
    });
  const bound = delta ?? mean((row) => finiteIn(row('delta')));
  if (bound !== null && !(bound > 0)) throw new Error(`δ must be > 0, got ${bound}`);
  for (const name of ['klOldNewMean', 'klNewOldMean'] as const) {
    const value = finiteIn(own[name]);
    if (value !== null && value < -ROUNDING)
      throw new Error(`${targets[name]}, must be ≥ 0, got ${value}; k1 alone can be less`);
  }
  return {
    update,
    steps: mean((row) => finiteIn(row('steps'))),
    seconds: mean((row) => finiteIn(row('seconds'))),
    ...own,
    k1: own.k1 ?? ratio(k1),
    k2: own.k2 ?? ratio(k2),
    k3: own.k3 ?? ratio(k3),
    klOldNewMean: own.klOldNewMean ?? exact('pOld', 'pNew'),
    klNewOldMean: own.klNewOldMean ?? exact('pNew', 'pOld'),
    delta: bound,
  };
}

function cellOf(row: ReadonlyMap<string, unknown>, column: string | undefined): unknown {
  if (column === undefined) return undefined;
  if (row.has(column)) return row.get(column);
  const value = numberIn(row.get(column.replace(/^-/, '')));
  return value === null ? undefined : -value;
}

/** NaN and ±Infinity among them: a KL that went there is what somebody looks for. */
function numberIn(value: unknown): number | null {
  return typeof value === 'number' ? value : null;
}

/** What a place on an axis may be. */
function finiteIn(value: unknown): number | null {
  const number = numberIn(value);
  return Number.isFinite(number) ? number : null;
}
