import { codeOf, namedBy } from '../../config/environment-name.ts';
import { existsSync, statSync } from 'node:fs';
import { notEnumerable } from '../../../envs/environment-options.ts';
import { loadEngine } from '../../node/load-engine.ts';
import { randomStream } from '../../random/random.ts';
import { klOf, type StepPoint, stepLine } from '../../train/step-truth.ts';
import { problemOfMasks } from '../../rollout/table.ts';
import { requireFiniteEverywhere } from '../../train/tabular-policy.ts';
import { UserError } from '../../user-error.ts';
import { engineOf, type SettingFlags } from '../flag-values.ts';
import { givenRun } from '../given-run.ts';
import { atPlace } from './at-place.ts';
import { type EnvironmentFlags, type EvaluatedPolicy, evaluatedPolicyOf } from './evaluated-policy.ts';

/** Where along a line of steps the surrogate can be trusted; null where the line does not reach that far. */
export interface Trust {
  /** The longest step of which the bound in the mean KL promises any improvement. */
  readonly guaranteed: number | null;
  /** The first step that keeps less than half of its promise. */
  readonly half: number | null;
  /** The step that improves most. */
  readonly best: number;
  /** The first step that makes the policy worse although its promise is an improvement. */
  readonly worse: number | null;
}

/** Steps from a policy, with all that is true of them. */
export interface TrueSteps {
  readonly policy: string;
  readonly towards: string | null;
  readonly environment: string;
  readonly gamma: number;
  /** Nats: mean KL of a step of 1, and δ of the config. */
  readonly klOfOne: number;
  readonly delta: number;
  readonly trust: Trust;
  readonly points: readonly StepPoint[];
}

/** Points of a line. */
const COUNT = 120;

/** @throws UserError where a policy is not there, does not fit or its environment is no table */
export async function trueSteps(
  word: string,
  root: string,
  flags: EnvironmentFlags &
    Pick<SettingFlags, 'engine' | 'tfjsBackend'> & {
      readonly towards?: string | undefined;
      readonly reach: number;
    },
): Promise<TrueSteps> {
  const { towards, reach } = flags;
  const from = await policyNamed(word, root, flags);
  const { config, definition, stored } = from;
  const { options } = config.environment;
  const found = definition.enumerate?.(options, randomStream(config.seed, 'environment/task'));
  if (found?.kind !== 'table')
    throw new UserError(
      `${from.path}: ${notEnumerable(definition, options) ?? `${definition.id} is no table of states`}`,
    );
  const { states, actions } = found.table;
  const { observationSpace, actionMask } = definition.create(
    options,
    randomStream(config.seed, 'environment/task'),
  );
  const unlike = problemOfMasks(definition.id, actionMask !== undefined, found.table);
  if (unlike !== undefined) throw new UserError(`${from.path}: ${unlike}`);
  const { shape } = stored.policy;
  if (stored.head !== 'categorical' || shape.inputs !== states || shape.outputs !== actions)
    throw new UserError(
      `${from.path}: the policy is a ${stored.head} of ${shape.inputs} inputs and ${shape.outputs} outputs, ${definition.id} needs a categorical of ${states} and ${actions}`,
    );
  const other = towards === undefined ? undefined : await policyNamed(towards, root, flags);
  if (other !== undefined && JSON.stringify(other.stored.policy.shape) !== JSON.stringify(shape))
    throw new UserError(
      `--towards: ${other.path} is not of the shape of ${from.path}: there is no line between them`,
    );
  const { gamma } = config.advantage;
  const engine = await loadEngine(...engineOf(config, flags));
  const world = { id: definition.id, observationSpace };
  for (const each of other === undefined ? [from] : [from, other])
    atPlace(each.path, () => requireFiniteEverywhere(states, world, each.stored, engine));
  const { klOfOne, delta, points } = stepLine(found.table, world, stored, engine, {
    ...{ gamma, delta: config.trustRegion.delta, reach, count: COUNT },
    timeLimit: definition.timeLimit(options),
    towards: other?.stored.policy.parameters,
  });
  return {
    policy: from.path,
    towards: other?.path ?? null,
    environment: definition.id,
    ...{ gamma, klOfOne, delta, trust: trustOf(points), points },
  };
}

/** A file, or the only run that the word means. */
async function policyNamed(word: string, root: string, flags: EnvironmentFlags): Promise<EvaluatedPolicy> {
  const isFile = existsSync(word) && statSync(word).isFile();
  if (isFile) return await evaluatedPolicyOf(word, flags, 1);
  // A run has its environment, but where that is code only the user may run it.
  const env = flags.env !== undefined && codeOf(namedBy(flags.env)) !== undefined ? flags.env : undefined;
  return await evaluatedPolicyOf(givenRun(word, root), { env }, 1);
}

/** What the surrogate promises, and what is true: discounted, or with γ = 1 within the time limit. */
export function promiseAndTruth(point: StepPoint): { readonly promise: number; readonly truth: number } {
  return {
    promise: point.surrogateImprovement ?? point.exactPromise ?? Number.NaN,
    truth: point.trueImprovement ?? point.exactImprovement ?? Number.NaN,
  };
}

function trustOf(points: readonly StepPoint[]): Trust {
  const moved = points.slice(1).map((point) => ({ ...point, ...promiseAndTruth(point) }));
  const first = (is: (point: (typeof moved)[number]) => boolean): number | null =>
    moved.find(is)?.size ?? null;
  const best = moved.reduce((most, each) => (each.truth > most.truth ? each : most));
  return {
    guaranteed: moved.findLast(({ boundMeanKl }) => boundMeanKl !== null && boundMeanKl > 0)?.size ?? null,
    half: first(({ promise, truth }) => promise > 0 && truth < promise / 2),
    best: best.size,
    worse: first(({ promise, truth }) => promise > 0 && truth < 0),
  };
}

/** Mean KL over the true visitation at a step of this size, nats. */
export function klAt({ points }: Pick<TrueSteps, 'points'>, size: number): number {
  const point = points.find((each) => each.size >= size) ?? points[points.length - 1];
  return klOf(point);
}
