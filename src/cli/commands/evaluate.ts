import { UserError } from '../../user-error.ts';
import { defineCommand } from '../command.ts';
import type { Findings } from '../print/evaluation.ts';
import { engineFlags } from '../shared-flags.ts';

/** The standard error of a mean of so many is a three-thousandth of their spread: more would teach nothing. */
const MOST_EPISODES = 10_000_000;

export const evaluateCommand = defineCommand({
  summary: 'play episodes with a trained policy: mean return beside the best known',
  arguments: {
    RUN: {
      type: 'one',
      describe:
        'runs/NAME, runs/NAME/seed-N, with @UPDATE for one on the way, or a policy file with --env or --config',
    },
  },
  flags: {
    ...engineFlags,
    env: { type: 'text', describe: 'environment of a policy file, with its default options' },
    config: {
      type: 'text',
      describe: 'config whose environment, its options and seed a policy file is evaluated in',
    },
    episodes: { type: 'text', default: '100', describe: 'how many' },
    sampled: { type: 'switch', describe: 'draw actions; without it the likeliest is taken' },
    seed: { type: 'text', default: '0', describe: 'seed of the episodes' },
    best: {
      type: 'switch',
      describe: 'of a run the policy of its best evaluation in training, not its last',
    },
    render: { type: 'switch', describe: 'show the policy and one episode in the terminal' },
    json: { type: 'switch', describe: 'print one JSON object, nothing else' },
  },
  excludes: [['render', 'json']],
  async run(given) {
    const { resolveEnvironment } = await import('../../../envs/registry.ts');
    const { loadEngine } = await import('../../node/load-engine.ts');
    const { randomStream } = await import('../../random/random.ts');
    const { expectedReturn } = await import('../../rollout/tabular.ts');
    const { encodeJson } = await import('../../row/json.ts');
    const { evaluate } = await import('../../train/evaluate.ts');
    const { intervalOfReturns } = await import('../../statistics/bounded-interval.ts');
    const { mean } = await import('../../elementary/mean.ts');
    const { returnBoundsOf } = await import('../../rollout/return-bounds.ts');
    const { evaluatedPolicyOf } = await import('../policy/evaluated-policy.ts');
    const { engineOf, wholeNumber } = await import('../flag-values.ts');
    const { describeFindings } = await import('../print/evaluation.ts');
    const { playEpisode } = await import('../print/episode.ts');
    const { drawPolicy } = await import('../print/policy-map.ts');
    const { print, printJson } = await import('../print/print.ts');
    const { tabularPolicyOf } = await import('../../train/tabular-policy.ts');
    const episodes = wholeNumber('episodes', given.episodes, 1, MOST_EPISODES);
    const seed = wholeNumber('seed', given.seed, 0);
    const mode = given.sampled ? 'sampled' : 'greedy';
    const { path, config, stored, status, caveat } = evaluatedPolicyOf(given.RUN, given, episodes);
    const definition = await resolveEnvironment(config.environment);
    const { options } = config.environment;
    const engine = await loadEngine(...engineOf(config, given));
    // The task stream is that of training: a bandit keeps its arms.
    const environment = definition.create(options, randomStream(config.seed, 'environment/task'));
    if (given.render && environment.render === undefined) {
      throw new UserError(`--render: ${definition.id} has no picture for the terminal`);
    }
    const played = naming(path, () =>
      evaluate({ definition, options, engine, stored, episodes, mode, seed, taskSeed: config.seed }),
    );
    const model = environment.tabular;
    const policy = model && tabularPolicyOf(model.states, stored, engine, mode);
    const horizon = definition.timeLimit(options);
    const findings: Findings = {
      run: path,
      status,
      caveat: caveat ?? null,
      environment: definition.id,
      mode,
      seed,
      returns: {
        ...intervalOfReturns(played.returns, returnBoundsOf(definition, options, environment)),
        min: played.returns.reduce((least, value) => Math.min(least, value)),
        max: played.returns.reduce((most, value) => Math.max(most, value)),
      },
      lengthMean: mean(played.lengths),
      success: successOf(played.returns),
      expectedReturn:
        model === undefined || policy === undefined || horizon === undefined
          ? null
          : (expectedReturn(model, policy.probabilities, horizon) ?? null),
      bestReturn: definition.bestReturn(options) ?? null,
    };
    if (given.json) {
      printJson(encodeJson(findings));
      return 0;
    }
    print(describeFindings(findings).join('\n'));
    if (!given.render) return 0;
    if (model?.grid !== undefined && policy !== undefined) {
      const names = environment.actionSpace.kind === 'discrete' ? environment.actionSpace.names : undefined;
      print(`\n${drawPolicy(model, policy, names ?? [])}`);
    }
    await playEpisode({ environment, stored, engine, mode, seed, timeLimit: horizon });
    return 0;
  },
});

/** What is wrong with the policy, with the place of it. */
function naming<T>(path: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw new UserError(`${error.message} (${path})`, error.exitCode);
  }
}

function successOf(returns: Float64Array): number | null {
  if (returns.some((value) => value !== 0 && value !== 1)) return null;
  return returns.reduce((sum, value) => sum + value, 0) / returns.length;
}
