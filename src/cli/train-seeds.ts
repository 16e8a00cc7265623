import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { environmentOptions } from '../../envs/environment-options.ts';
import type { Config } from '../config/schema.ts';
import type { PlannedRun } from '../experiment/pool.ts';
import { parseSeeds } from '../experiment/seeds.ts';
import { type Environments, openEnvironments } from '../node/environments.ts';
import { requireInputsKept } from '../node/replacement.ts';
import { pointToResume } from '../node/resume-point.ts';
import { randomStream } from '../random/random.ts';
import type { ReturnBounds } from '../rollout/environment.ts';
import { returnBoundsOf } from '../rollout/return-bounds.ts';
import { encodeJson } from '../row/json.ts';
import { labelsOf } from '../run/labels.ts';
import { pathOfRun, requireRoom } from '../run/run-directory.ts';
import { remarksOn } from '../train/train.ts';
import { UserError } from '../user-error.ts';
import type { Surroundings } from './command.ts';
import { makeHere } from './experiment/make-here.ts';
import { canSnapshot, environmentsOf, requireMemoryForAll, workersOf } from './experiment/resources.ts';
import { overridesOf } from './flag-values.ts';
import { readTraining } from './read-training.ts';
import { engineOfRun, threadsOf } from './engine-of-run.ts';
import { print, printJson } from './print/print.ts';
import { describeSeeds, type SeedRun, type SeedsSummary, seedRunAt, summaryOfSeeds } from './print/seeds.ts';
import type { TrainGiven } from './train-here.ts';

/** What `leash train --seeds` was told. */
export interface TrainSeedsGiven extends TrainGiven {
  readonly seeds: string;
  readonly workers?: string | undefined;
}

const GREATEST_SEED = 2 ** 32 - 1;

/**
 * `leash train --seeds`: a run a seed, as many at once as there are cores, and a table of them.
 * @returns the exit code: 1 where a run failed, 129, 130 or 143 after a signal
 * @throws UserError before any run is made, where one of them cannot be
 */
export async function trainSeeds(
  given: TrainSeedsGiven,
  { listen, onOwnThread }: Surroundings,
): Promise<number> {
  const isSilent = (given.quiet || given.json) ?? false;
  if (onOwnThread !== undefined) return onOwnThread(isSilent);
  const environments = openEnvironments();
  const { config, name } = await readTraining(given, environments);
  await requireFlags(given, config);
  const labels = labelsOf(given);
  const label = given.name ?? name;
  const runs = seedsOf(given, config).map(
    (seed): PlannedRun => ({
      root: given.runs,
      label,
      config: { ...config, seed },
      options: { replace: given.replace, resume: given.resume, labels },
      fastMath: given.fastMath,
    }),
  );
  const paths = runs.map((run) => pathOfRun(run.root, run.label, run.config.seed));
  runs.forEach(({ root, options = {}, config: own }, i) => {
    requireRoom(root, paths[i], options);
    requireInputsKept(own, paths[i], options.replace);
    if (options.resume) pointToResume(paths[i], own, environmentOptions);
  });
  const contestants = [{ label, config }];
  const workers = workersOf(given.workers, contestants);
  const [asked] = await environmentsOf(contestants, environments);
  requireMemoryForAll(contestants, [asked], Math.min(workers, runs.length));
  for (const remark of isSilent ? [] : remarksOn(config, asked.definition, canSnapshot(asked)))
    process.stderr.write(`leash: ${remark}\n`);
  return await makeHere(runs, { workers, isSilent, listen }, async (outcomes, outside) => {
    const made = outcomes.map((outcome, i): SeedRun => seedRunAt(paths[i], runs[i].config.seed, outcome));
    const summary = summaryOfSeeds(made, await boundsOf(config, environments));
    if (given.json) printJson(encodeJson({ path: join(given.runs, label), ...flat(summary) }));
    else if (!given.quiet) print(`\n${describeSeeds(summary, join(given.runs, label), config.trustRegion)}`);
    // A signal that came meanwhile is heard before the command ends as if there had been none.
    await setImmediate();
    return outside.exitCode() || (outcomes.every(({ status }) => status === 'completed') ? 0 : 1);
  });
}

/** @throws UserError for flags of one run, and for an engine that is not there */
async function requireFlags({ threads, fastMath }: TrainSeedsGiven, config: Config): Promise<void> {
  if (threads === '2')
    throw new UserError(
      '--threads 2 is for one seed: with --seeds every run has one thread, and --workers says how many go at once',
    );
  threadsOf(threads);
  await engineOfRun(config, fastMath);
}

/** As `compare --seeds` has them; a count begins at `--seed`, where that is given. @throws UserError */
function seedsOf(given: TrainSeedsGiven, config: Config): number[] {
  const seeds = parseSeeds(given.seeds, '--seeds');
  if (!overridesOf(given).some(({ path }) => path === 'seed')) return seeds;
  const { seed } = config;
  if (!/^\s*\d+\s*$/.test(given.seeds))
    throw new UserError(
      `--seed ${seed} goes with a count, as --seeds 5 (${seed} to ${seed + 4}); --seeds ${given.seeds} names the seeds itself`,
    );
  const last = seed + seeds.length - 1;
  if (last > GREATEST_SEED)
    throw new UserError(
      `--seeds ${given.seeds} from --seed ${seed} on ends at ${last}; the greatest seed is ${GREATEST_SEED}`,
    );
  return seeds.map((each) => seed + each);
}

/** What the return of an episode can be. */
async function boundsOf({ environment, seed }: Config, { resolve }: Environments): Promise<ReturnBounds> {
  const definition = await resolve(environment);
  const { options } = environment;
  return returnBoundsOf(
    definition,
    options,
    definition.create(options, randomStream(seed, 'environment/task')),
  );
}

/** With `run.json` of each run as `leash train --json` has it. */
function flat({ runs, ...rest }: SeedsSummary): object {
  return { runs: runs.map(({ record, ...own }) => ({ ...record, ...own })), ...rest };
}
