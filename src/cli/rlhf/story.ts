import { UserError } from '../../user-error.ts';
import {
  frontierOf,
  lastPolicyOf,
  type RunOnFrontier,
  type TokenFrontier,
  type TokenRuns,
} from '../policy/token-frontier.ts';

/** What a policy says to a prompt. */
export interface Distribution {
  readonly name: 'base' | 'well tuned' | 'over-tuned';
  /** Of its run; null: of none. */
  readonly beta: number | null;
  /** Of each of the story's answers. */
  readonly probabilities: readonly number[];
}

/** One reward model, optimised as far as each of several β lets it be. */
export interface RlhfStory {
  readonly frontier: TokenFrontier;
  /** Of all runs that whose last policy is really worth most. */
  readonly wellTuned: RunOnFrontier;
  /** The one that ended furthest from the reference. */
  readonly overTuned: RunOnFrontier;
  /** Whose answers changed most, of all prompts. */
  readonly prompt: string;
  /** The likely ones to it. */
  readonly answers: readonly string[];
  readonly distributions: readonly Distribution[];
}

/** Answers that are shown, of at least this probability in one of the distributions. */
const SHOWN = { most: 6, least: 0.005 } as const;

/**
 * @param read of runs of a task that says what answers are really worth
 * @throws UserError where one of them is damaged
 */
export function storyOf(read: TokenRuns): RlhfStory {
  const { reference, answers, words, runs } = read;
  const frontier = frontierOf(read);
  if (frontier.problems.length > 0) throw new UserError(frontier.problems[0]);
  const most = (of: (run: RunOnFrontier) => number): RunOnFrontier =>
    frontier.runs.reduce((best, each) => (of(each) > of(best) ? each : best));
  const wellTuned = most((run) => endOf(run).trueReward ?? Number.NEGATIVE_INFINITY);
  const overTuned = most((run) => endOf(run).klPolicyReference);
  const policyOf = ({ path }: RunOnFrontier) =>
    lastPolicyOf(runs.find((run) => run.path === path) ?? runs[0], answers);
  const [well, over] = [policyOf(wellTuned), policyOf(overTuned)];
  const drifts = Array.from({ length: answers.prompts }, (_, x) => answers.drift(over, x));
  const prompt = drifts.indexOf(drifts.reduce((a, b) => Math.max(a, b)));
  const named = [
    { name: 'base', beta: null, stored: reference },
    { name: 'well tuned', beta: wellTuned.beta, stored: well },
    { name: 'over-tuned', beta: overTuned.beta, stored: over },
  ] as const;
  const each = named.map(({ stored }) => answers.distribution(stored, prompt));
  const greatest = each[0].map((_, y) => Math.max(...each.map((of) => of[y].probability)));
  const shown = [...greatest.keys()]
    .filter((y) => greatest[y] >= SHOWN.least)
    .sort((a, b) => each[0][b].probability - each[0][a].probability)
    .slice(0, SHOWN.most);
  const { prompts } = runs[0].config.environment.options;
  const written: unknown = Array.isArray(prompts) ? prompts[prompt] : undefined;
  return {
    ...{ frontier, wellTuned, overTuned },
    prompt: typeof written === 'string' ? written : `prompt ${prompt}`,
    answers: shown.map((y) => each[0][y].tokens.map((token) => words[token]).join(' ')),
    distributions: named.map(({ name, beta }, i) => ({
      ...{ name, beta },
      probabilities: shown.map((y) => each[i][y].probability),
    })),
  };
}

export function endOf({ places }: RunOnFrontier): RunOnFrontier['places'][0] {
  return places[places.length - 1];
}
