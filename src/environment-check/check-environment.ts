import { randomStream } from '../random/random.ts';
import { requireEnvironment, requireSameSpaces, requireTimeLimit, shown } from '../rollout/contract.ts';
import { isBatched } from '../rollout/vector-environment.ts';
import {
  type Environment,
  type EnvironmentDefinition,
  EnvironmentError,
  type TabularModel,
  ThrownError,
  valuesOf,
  widthOf,
} from '../rollout/environment.ts';
import { guardCopy } from '../rollout/own-copy.ts';
import { guardDefinition } from '../rollout/own-definition.ts';
import { asTable, TableSizeError } from '../rollout/table.ts';
import { type Asked, placeIn, TIMERS, watchClocks } from './clocks.ts';
import { type CheckName, checkNames, hintOf, hintOfClock, hintOfEndless } from './hints.ts';
import { createPlayer, firstDifference, type Moment, play, type Player } from './play.ts';
import { tableProblem } from './table.ts';
import { notFinite, outOfBounds, returnProblem, scaleProblems, stateProblem } from './values.ts';

/** Something about an environment that training would suffer from. */
export interface EnvironmentFinding {
  readonly check: CheckName;
  /** error: training would be wrong, or stop; warning: it may learn badly, or lack something. */
  readonly level: 'error' | 'warning';
  /** What was found, one sentence. */
  readonly message: string;
  /** What to do. */
  readonly hint: string;
}

/** What an environment was found to be. */
export interface CheckedEnvironment {
  readonly findings: readonly EnvironmentFinding[];
  /** Calls of `step` and `reset` per second, one copy, random actions; undefined where it could not be played. */
  readonly stepsPerSecond: number | undefined;
  /** Of the random play, as all below. */
  readonly episodes: number;
  readonly reward: { readonly min: number; readonly mean: number; readonly max: number } | undefined;
}

/** How it is checked. */
export interface CheckOptions {
  /** Calls of each play. */
  readonly steps: number;
  readonly seed: number;
  /** Milliseconds, of a clock that goes on. */
  readonly now: () => number;
  /** What its file asked for while it was loaded, and may go on asking for. */
  readonly asked?: readonly Asked[];
}

/** Of an episode that nothing ends. */
const LONG = 10_000;

/** What is found, in the order of finding. */
class Findings {
  readonly all: EnvironmentFinding[] = [];
  /** Whether its author writes Python. */
  readonly isPython: boolean;

  constructor(isPython: boolean) {
    this.isPython = isPython;
  }

  /** @param message undefined: nothing was found */
  tell(
    check: CheckName,
    message: string | undefined,
    {
      level = 'error',
      hint = hintOf(check, this.isPython),
    }: Partial<Pick<EnvironmentFinding, 'level' | 'hint'>> = {},
  ): void {
    if (message !== undefined) this.all.push({ check, level, message, hint });
  }

  has(level: EnvironmentFinding['level']): boolean {
    return this.all.some((each) => each.level === level);
  }
}

/** An environment with its options, as it is played on. */
interface Played {
  readonly steps: number;
  readonly seed: number;
  /** One more copy, of the same task. */
  readonly create: () => Environment;
  /** @param draws of actions and of what the environment draws: players of one number do the same */
  readonly player: (draws: number, environment?: Environment) => Player;
}

/**
 * Plays an environment by random actions and holds it to its contract, in the manner of Stable-Baselines3's `check_env` and
 * beyond: what training trusts, and cannot look for while it runs.
 * @param options as its schema gives them
 */
export function checkEnvironment<Options>(
  definition: EnvironmentDefinition<Options>,
  options: Options,
  { steps, seed, now, asked = [] }: CheckOptions,
): CheckedEnvironment {
  const findings = new Findings(isBatched(definition));
  const { id } = definition;
  const create = (): Environment =>
    requireEnvironment(definition.create(options, randomStream(seed, 'environment/task')), id);
  if (!isBatched(definition) && definition.options.safeParse({ ...options, 'no such option': 1 }).success)
    findings.tell('options', 'its options take what they do not know', { level: 'warning' });

  const clocks = watchClocks(TIMERS);
  const begun = whole(() => {
    const timeLimit = requireTimeLimit(definition.timeLimit(options), id);
    const player: Played['player'] = (draws, environment = create()) =>
      createPlayer(environment, draws, timeLimit ?? LONG);
    return { timeLimit, player, first: player(seed) };
  });
  const trace = begun.problem === undefined ? whole(() => play(begun.value.first, steps)) : undefined;
  clocks.end();
  for (const { what, at } of [...asked, ...clocks.asked])
    findings.tell('clock', `it asks ${what}${at === undefined ? '' : ` (${at})`}`);
  if (begun.problem !== undefined) findings.tell('create', `create fails: ${begun.problem}`);
  else if (trace?.problem !== undefined) findings.tell('throws', `it throws: ${trace.problem}`);
  if (begun.problem !== undefined || trace?.value === undefined) return summaryOf(findings, [], undefined);

  const { first, player, timeLimit } = begun.value;
  const played: Played = { steps, seed, create, player };
  tellContract(findings, first, trace.value);
  tellState(findings, played, trace.value);
  tellModel(findings, guardDefinition(definition, id), options, seed, first.environment, trace.value);
  tellPictures(findings, guardCopy(first.environment, id));
  // What runs beside leash keeps its states itself: resume begins new episodes there.
  if (!isBatched(definition) && create().snapshot === undefined)
    findings.tell('snapshot', 'it has no snapshot and restore', {
      level: 'warning',
      hint: 'without them leash resume cannot go on with a run',
    });
  tellEpisodes(findings, trace.value, timeLimit, definition.episodeLength?.(options));
  if (!findings.has('error'))
    findings.tell('effect', effectProblem(played, trace.value), { level: 'warning' });
  for (const message of scaleProblems(trace.value, first.environment))
    findings.tell('scale', message, { level: 'warning' });
  return summaryOf(findings, trace.value, whole(() => speedOf(player(seed), now)).value);
}

/** Of what it says of itself: its table, the best return and the bounds of returns. */
function tellModel<Options>(
  findings: Findings,
  definition: EnvironmentDefinition<Options>,
  options: Options,
  seed: number,
  environment: Environment,
  trace: readonly Moment[],
): void {
  const tabled = ofPart('enumerate', () => {
    const found = definition.enumerate?.(options, randomStream(seed, 'environment/task'));
    if (found?.kind !== 'table') return undefined;
    return tableProblem(trace, found.table, environment) ?? wholeTableProblem(found.table);
  });
  findings.tell('table', tabled.problem ?? tabled.value);
  findings.tell('returns', ofPart('bestReturn', () => definition.bestReturn(options)).problem);
  const bounds = ofPart('returnBounds', () => definition.returnBounds?.(options));
  findings.tell(
    'returns',
    bounds.problem ?? returnProblem(trace, bounds.value, definition.timeLimit(options)),
  );
}

/** Of the pairs that the play did not come to, too. @throws EnvironmentError */
function wholeTableProblem(table: TabularModel): undefined {
  try {
    asTable(table);
  } catch (cause) {
    // One that is too large is not written out in training either.
    if (!(cause instanceof TableSizeError)) throw cause;
  }
}

/** Of its pictures, which training needs none of. */
function tellPictures(findings: Findings, { render, draw }: Environment): void {
  findings.tell('picture', ofPart('render', () => render?.()).problem);
  findings.tell('picture', ofPart('draw', () => draw?.()).problem);
}

function summaryOf(
  { all }: Findings,
  trace: readonly Moment[],
  stepsPerSecond: number | undefined,
): CheckedEnvironment {
  const order = ({ check }: EnvironmentFinding): number => checkNames.indexOf(check);
  const rewards = trace.filter(({ call }) => call === 'step').map(({ reward }) => reward);
  return {
    findings: all.sort((a, b) => order(a) - order(b)),
    stepsPerSecond,
    episodes: trace.filter(({ call }) => call === 'reset').length,
    reward:
      rewards.length === 0
        ? undefined
        : {
            min: rewards.reduce((a, b) => Math.min(a, b)),
            mean: rewards.reduce((a, b) => a + b, 0) / rewards.length,
            max: rewards.reduce((a, b) => Math.max(a, b)),
          },
  };
}

/** What an action gave, or what was wrong. */
type Whole<T> =
  | { readonly value: T; readonly problem?: never }
  | {
      readonly value?: never;
      readonly problem: string;
      /** Whether what it gave was refused: it threw nothing. */
      readonly isRefused: boolean;
    };

/** The same of a part that is asked, which is named where it throws. */
function ofPart<T>(part: string, action: () => T): Whole<T> {
  const found = whole(action);
  if (found.problem === undefined || found.isRefused) return found;
  return { ...found, problem: `${part} throws: ${found.problem}` };
}

/** What an action gave, or what it threw, with the place in somebody's file where there is one. */
function whole<T>(action: () => T): Whole<T> {
  try {
    return { value: action() };
  } catch (thrown) {
    // Of what a file threw, its own words.
    const told = thrown instanceof EnvironmentError && thrown.cause !== undefined ? thrown.cause : thrown;
    const cause = told instanceof ThrownError ? told.thrown : told;
    if (cause instanceof EnvironmentError) return { problem: cause.message, isRefused: true };
    if (!(cause instanceof Error)) return { problem: shown(cause), isRefused: false };
    const frames = cause.stack?.split('\n') ?? [];
    const at = frames.map(placeIn).find((place) => place !== undefined);
    const place = at === undefined ? '' : ` (${at})`;
    return { problem: `${cause.name}: ${cause.message}${place}`, isRefused: false };
  }
}

/** Of the calls themselves, and what they wrote. */
function tellContract(
  findings: Findings,
  { complaints, environment }: Player,
  trace: readonly Moment[],
): void {
  for (const { check, words } of complaints) findings.tell(check, words);
  findings.tell('bounds', outOfBounds(trace, environment.observationSpace));
  findings.tell('finite', notFinite(trace));
}

/** Of the state: whether a play depends on what it should, and on nothing else. */
function tellState(findings: Findings, played: Played, trace: readonly Moment[]): void {
  const { player, seed, steps } = played;
  const look = (check: CheckName, words: string, problem: () => string | undefined): boolean => {
    const { value, problem: thrown } = whole(problem);
    const found = thrown === undefined ? value : `it throws: ${thrown}`;
    findings.tell(check, found === undefined ? undefined : `${words}${found}`);
    return found === undefined;
  };
  const isRepeated = look(
    'determinism',
    'a new copy with the same streams and actions plays otherwise: ',
    () => firstDifference(trace, play(player(seed), steps)),
  );
  look('copies', '', () => otherSpaces(played));
  if (isRepeated) {
    look('reset', 'a copy that was played on before starts otherwise than a new one: ', () =>
      afterUse(played, trace),
    );
    look('copies', 'a copy plays otherwise while another is played on: ', () => beside(played, trace));
    look('snapshot', '', () => snapshotProblem(played));
  }
}

/** A copy that was played on with other actions for a while, and then from the beginning of an episode as a new one. */
function afterUse({ player, create, seed }: Played, trace: readonly Moment[]): string | undefined {
  for (const before of [2, 3, 8, 21, 55]) {
    const environment = create();
    play(player(seed + 1, environment), before);
    const found = firstDifference(trace, play(player(seed, environment), Math.min(trace.length, 300)));
    if (found !== undefined) return found;
  }
  return undefined;
}

function otherSpaces({ create }: Played): string | undefined {
  return whole(() => requireSameSpaces([create(), create(), create()], 'it')).problem;
}

/** A copy whose steps alternate with those of another. */
function beside({ player, seed, steps }: Played, trace: readonly Moment[]): string | undefined {
  const [one, other] = [player(seed), player(seed + 1)];
  const moments: Moment[] = [];
  for (let i = 0; i < steps; i++) {
    moments.push(one.next());
    other.next();
  }
  return firstDifference(trace, moments);
}

/** Whether a state that was taken in the middle leads on as the copy itself did, in it and in a new one. */
function snapshotProblem({ player, seed, steps }: Played): string | undefined {
  for (const before of [2, 13, Math.ceil(steps / 3)]) {
    const one = player(seed);
    if (one.environment.snapshot === undefined) return undefined;
    play(one, before);
    const state = one.environment.snapshot();
    const problem = stateProblem(state);
    if (problem !== undefined) return `what snapshot gives is no data: ${problem}`;
    const kept = structuredClone(state);
    const at = one.save();
    const on = play(one, Math.min(steps, 200));
    if (JSON.stringify(state) !== JSON.stringify(kept))
      return 'what snapshot gave is changed by the steps after it';
    const given = structuredClone(kept);
    const goesOn = (next: Player): string | undefined => {
      next.environment.restore?.(given);
      next.load(at);
      return firstDifference(on, play(next, on.length));
    };
    const same = goesOn(one);
    if (JSON.stringify(given) !== JSON.stringify(kept))
      return 'what restore was given is changed by the steps after it';
    if (same !== undefined) return `restored, it goes on otherwise: ${same}`;
    const elsewhere = goesOn(player(seed));
    if (elsewhere !== undefined) return `restored in a new copy, it goes on otherwise: ${elsewhere}`;
  }
  return undefined;
}

/** Episodes that never end, and those that a clock ends. */
function tellEpisodes(
  findings: Findings,
  trace: readonly Moment[],
  timeLimit: number | undefined,
  episodeLength: number | undefined,
): void {
  const lengths = trace.filter(({ terminated }) => terminated === true).map(({ t }) => t + 1);
  if (lengths.length === 0 && timeLimit === undefined)
    findings.tell('episodes', `no episode ended in ${trace.length} calls, and there is no time limit`, {
      level: 'warning',
      hint: hintOfEndless(findings.isPython),
    });
  const length = lengths.reduce((a, b) => Math.max(a, b), 0);
  const most = lengths.filter((each) => each === length).length;
  // Where some end before it: as many as that do not end by chance in one step, and none after it.
  const isClock = most === lengths.length ? length > 1 : length >= 10 && most >= lengths.length / 10;
  if (most >= 5 && isClock && episodeLength === undefined && (timeLimit ?? LONG) > length) {
    const isEvery = most === lengths.length;
    const some = isEvery ? 'every episode terminates' : `${most} of ${lengths.length} episodes terminate`;
    const rest = isEvery ? 'whatever is done' : 'and none later';
    findings.tell('episodes', `${some} after ${length} steps, ${rest}`, {
      level: 'warning',
      hint: hintOfClock(findings.isPython, length, isEvery),
    });
  }
  const wrong = lengths.find((each) => episodeLength !== undefined && each !== episodeLength);
  if (wrong !== undefined)
    findings.tell('episodes', `an episode ended after ${wrong} steps, episodeLength says ${episodeLength}`, {
      hint: 'leave episodeLength out where episodes differ',
    });
}

/** Whether other actions lead to the same. */
function effectProblem({ player, seed }: Played, trace: readonly Moment[]): string | undefined {
  const others = player(seed);
  const { actionSpace } = others.environment;
  const numbers = Array.from({ length: widthOf(actionSpace) }, (_, a) => a);
  if (actionSpace.kind !== 'box' && numbers.every((a) => valuesOf(actionSpace, a) === 1)) return undefined;
  others.drawActionsOf(seed + 1);
  return firstDifference(trace, play(others, trace.length)) === undefined
    ? `other actions lead to the same, over ${trace.length} calls`
    : undefined;
}

/** Over a fifth of a second. */
function speedOf(player: Player, now: () => number): number {
  const begun = now();
  let calls = 0;
  while (now() - begun < 200) {
    play(player, 100);
    calls += 100;
  }
  return (1000 * calls) / (now() - begun);
}
