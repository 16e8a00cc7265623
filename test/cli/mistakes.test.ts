import { expect, test } from 'vitest';
import { checkArguments } from '../../src/cli/mistakes.ts';

const mistakeOf = (line: string): Promise<unknown> =>
  checkArguments(line.split(' ').filter((word) => word !== '')).then(
    () => undefined,
    (error: Error) => error.message,
  );

/** In the words of the schema: a schedule may stand in the place of a number. */
const SCHEDULE = 'a schedule {"schedule": "linear" or "cosine", "from", "to"}';
const RATE = `VALUE, which must be in (0, 10], ${SCHEDULE} or a schedule {"schedule": "klAdaptive", …}`;
const DELTA = `VALUE, which must be in (0, 100] or ${SCHEDULE}`;

test.each([
  // The command's own flags, no other's.
  ['evaluate r --bogus', 'there is no flag --bogus; leash evaluate --help lists its flags'],
  ['train c --bogus', 'there is no flag --bogus; leash train --help lists its flags'],
  ['train c --count 3', 'there is no flag --count; leash train --help lists its flags'],
  ['kl --count', 'there is no flag --count; did you mean --counts?'],
  ['evaluate r --episode 3', 'there is no flag --episode; did you mean --episodes?'],
  ['plot r --metrics kl', 'there is no flag --metrics; did you mean --metric?'],
  ['plot r -x', '--x needs a value: steps (default), updates, time or gradient'],
  ['train c -x 3', 'there is no flag -x; leash train --help lists its flags'],
  ['plot r -lr 3', 'there is no flag -lr; leash plot --help lists its flags'],
  ['train c --fastMath', 'there is no flag --fastMath; did you mean --fast-math?'],
  ['train c --tfjs_backend cpu', 'there is no flag --tfjs_backend; did you mean --tfjs-backend?'],
  // Settings, by the names of this and of other libraries.
  ['train c --lr 1e-3', `there is no flag --lr; it is a setting: --set optimizer.learningRate=${RATE}`],
  [
    'train c --snapshots 5',
    'there is no flag --snapshots; it is a setting: --set snapshots.everyUpdates=VALUE, which must be an integer ≥ 1',
  ],
  [
    'train c --trust-region 0.01',
    'there is no flag --trust-region; its settings are trustRegion.delta, trustRegion.over, trustRegion.stop.measure and 9 more: --set trustRegion.delta=VALUE',
  ],
  ['train c -lr 1e-3', `there is no flag -lr; it is a setting: --set optimizer.learningRate=${RATE}`],
  [
    'train c --learning_rate=1e-3',
    `there is no flag --learning_rate; it is a setting: --set optimizer.learningRate=${RATE}`,
  ],
  [
    'train c --optimizer.learningRate 1e-3',
    `there is no flag --optimizer.learningRate; it is a setting: --set optimizer.learningRate=${RATE}`,
  ],
  ['compare c d --delta 1', `there is no flag --delta; it is a setting: --set trustRegion.delta=${DELTA}`],
  [
    'sweep c --target-kl 1',
    `there is no flag --target-kl; it is a setting: --set trustRegion.delta=${DELTA}`,
  ],
  [
    'train c --epochs 3',
    'there is no flag --epochs; it is a setting: --set ppo.epochs=VALUE, which must be an integer in [1, 1000]',
  ],
  [
    'fit c --epochs 3',
    'there is no flag --epochs; it is a setting: --set epochs=VALUE, which must be an integer in [1, 1000000]',
  ],
  [
    'train c --gamma 1',
    'there is no flag --gamma; it is a setting: --set advantage.gamma=VALUE, which must be in [0, 1]',
  ],
  [
    'train c --batch-size 64',
    'there is no flag --batch-size; it is a setting: --set ppo.minibatchSize=VALUE, which must be an integer ≥ 1',
  ],
  [
    'fit c --batch-size 64',
    'there is no flag --batch-size; it is a setting: --set batchSize=VALUE, which must be an integer in [1, 65536]',
  ],
  [
    'config show c --n-steps 64',
    'there is no flag --n-steps; it is a setting: --set rollout.steps=VALUE, which must be an integer in [1, 1000000]',
  ],
  [
    'train c --kl-target 1',
    'there is no flag --kl-target; it is a setting: --set objective.adapt.target=VALUE, which must be in (0, 100]',
  ],
  ['train c --total-timesteps 9', 'there is no flag --total-timesteps; did you mean --steps?'],
  // A command without --set has no settings.
  ['evaluate r --gamma 1', 'there is no flag --gamma; leash evaluate --help lists its flags'],
  // What is missing, and what is too much.
  [
    'export r --format json',
    '--out is missing: file to write; for tfjs a folder (leash export RUN --format FORMAT --out OUT)',
  ],
  ['export r', '--format and --out are missing (leash export RUN --format FORMAT --out OUT)'],
  ['export', 'RUN, --format and --out are missing (leash export RUN --format FORMAT --out OUT)'],
  ['plot', 'RUN is missing: a run, a folder of seeds or any folder above them (leash plot RUN…)'],
  ['train c d', 'leash train does not take "d" (leash train [CONFIG])'],
  ['train c seed 3', 'leash train does not take "seed"; did you mean --seed? (leash train [CONFIG])'],
  ['train c --name', '--name needs a value: name of the run; that of the config file where it is not given'],
  [
    'train c --name --quiet',
    '--name needs a value: name of the run; that of the config file where it is not given',
  ],
  // A variable of the shell that is not set.
  [
    'runs --where ',
    '--where needs a value: conditions apart by commas: "objective=clip, return>0.5, optimizer.learningRate<0.01"',
  ],
  [
    'runs --tag ',
    '--tag needs a value: runs with that tag (leash train --tag T); repeatable: with all of them',
  ],
  [
    'runs --where --json',
    '--where needs a value: conditions apart by commas: "objective=clip, return>0.5, optimizer.learningRate<0.01"',
  ],
  ['resume a --runs d\ny', '--runs must be a path without line breaks, got "d\\ny"'],
  ['evaluate a\nb', 'RUN must be a path without line breaks, got "a\\nb"'],
  ['train c --quiet --json', '--quiet and --json exclude each other'],
  // The port has a default, which is no port that somebody asked for.
  ['lab --export site --port 7008', '--export and --port exclude each other'],
  ['lab --host ::1 --export site', '--export and --host exclude each other'],
  ['verify --config c --sha 0 --quick', '--config and --quick exclude each other'],
  ['compare a --max-seeds 20', '--max-seeds goes with --until-decided'],
  ['compare a --until-decided=false --max-seeds 20', '--max-seeds goes with --until-decided'],
  ['sweep a --queue-prefix p', '--queue-prefix goes with --queue'],
  ['engines --wheel w', '--wheel goes with --setup'],
  // Commands, with the words that lead to them.
  ['config sho', 'there is no command config sho; did you mean config show?'],
  ['show', 'there is no command show; did you mean config show?'],
  ['runs foo', 'there is no command runs foo; leash runs --help lists them'],
  ['constructor', 'there is no command constructor; leash --help lists them'],
  ['--versoin', 'there is no flag --versoin; did you mean --version?'],
  ['--hlep', 'there is no flag --hlep; did you mean --help?'],
  ['--seed 3', '--seed needs a command before it: leash --help'],
  ['--bogus', '--bogus needs a command before it: leash --help'],
])('leash %s', async (line, message) => {
  expect(await mistakeOf(line)).toBe(message);
});

test.each([
  ...['', '--help', '--version', 'train --help', 'runs', 'runs --where a=b'],
  ...['kl --p -1,2 --q -3,4', 'kl -p -1,2 -q=-3,4', 'plot r -x updates'],
  ...['train c --seed -1', 'train c --quiet true', 'train c --json=false --quiet'],
  ...[
    'envs',
    'envs CartPole-v1',
    'compare a b c',
    'lab --export site',
    'compare a --queue r --queue-prefix p',
  ],
])('leash %s has no mistake that can be seen', async (line) => {
  expect(await mistakeOf(line)).toBe(undefined);
});
