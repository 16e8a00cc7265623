import { UserError } from '../../user-error.ts';
import { defineCommand } from '../command.ts';
import { environmentFlag, engineFlags, runsFlag } from '../shared-flags.ts';

/** The standard error of a mean of so many is a three-thousandth of their spread: more would teach nothing. */
const MOST_EPISODES = 10_000_000;

export const evaluateCommand = defineCommand({
  summary: 'play episodes with a trained policy: mean return beside the best known',
  arguments: {
    RUN: {
      type: 'one',
      describe:
        'a run, a folder of seeds or its name, with @UPDATE for one on the way, or a policy file with --env or --config',
    },
  },
  flags: {
    ...engineFlags,
    ...environmentFlag,
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
    gif: { type: 'text', describe: 'FILE.gif or FILE.svg: an episode as a moving picture' },
    render: { type: 'switch', describe: 'show the policy and one episode in the terminal' },
    ...runsFlag,
    json: { type: 'switch', describe: 'print one JSON object, nothing else' },
  },
  excludes: [['render', 'json']],
  async run(given) {
    const { encodeJson } = await import('../../row/json.ts');
    const { configFile } = await import('../given-file.ts');
    const { evaluatedPolicyOf } = await import('../policy/evaluated-policy.ts');
    const { evaluatePolicy } = await import('../policy/evaluation.ts');
    const { evaluateRuns } = await import('../policy/evaluate-runs.ts');
    const { placesToEvaluate } = await import('../policy/places-to-evaluate.ts');
    const { wholeNumber } = await import('../flag-values.ts');
    const { describeFindings } = await import('../print/evaluation.ts');
    const { playEpisode } = await import('../print/episode.ts');
    const { drawPolicy } = await import('../print/policy-map.ts');
    const { paint, print, printJson } = await import('../print/print.ts');
    const episodes = wholeNumber('episodes', given.episodes, 1, MOST_EPISODES);
    const seed = wholeNumber('seed', given.seed, 0);
    const mode = given.sampled ? 'sampled' : 'greedy';
    const config = given.config === undefined ? undefined : await configFile(given.config, ['config']);
    const [place, ...others] = placesToEvaluate(given.RUN, given.runs);
    const animation = given.gif === undefined ? undefined : await import('../animation/animation.ts');
    if (given.gif !== undefined) animation?.requirePicture(given.gif);
    if (given.gif !== undefined && others.length > 0)
      throw new UserError(
        `--gif shows one policy; ${given.RUN} holds ${others.length + 1}: name one, such as ${place}`,
      );
    if (others.length > 0)
      return evaluateRuns([place, ...others], { ...given, config, episodes, seed, mode });
    const subject = await evaluatedPolicyOf(place, { ...given, config }, episodes);
    const { findings, stored, environment, engine, horizon, policy } = await evaluatePolicy(subject, {
      ...given,
      ...{ episodes, seed, mode },
    });
    const play = { environment, stored, engine, mode, seed, timeLimit: horizon } as const;
    if (given.gif !== undefined) animation?.writeAnimation(given.gif, findings.environment, play);
    if (given.json) {
      printJson(encodeJson(findings));
      return 0;
    }
    print(describeFindings(findings).join('\n'));
    if (given.gif !== undefined) print(`${paint('dim', 'picture  ')}${given.gif}`);
    if (!given.render) return 0;
    const model = environment.tabular;
    if (model?.grid !== undefined && policy !== undefined) {
      const names = environment.actionSpace.kind === 'discrete' ? environment.actionSpace.names : undefined;
      print(`\n${drawPolicy(model, policy, names ?? [])}`);
    }
    await playEpisode(play);
    return 0;
  },
});
