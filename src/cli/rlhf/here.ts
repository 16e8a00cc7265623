import { join } from 'node:path';
import { environmentOptions } from '../../../envs/environment-options.ts';
import type { Config } from '../../config/schema.ts';
import type { PlannedRun } from '../../experiment/pool.ts';
import { openEnvironments } from '../../node/environments.ts';
import { pointToResume } from '../../node/resume-point.ts';
import { type ThemeName, themes } from '../../plot/palette.ts';
import { renderSvg } from '../../plot/render-svg.ts';
import { pathOfRun } from '../../run/run-directory.ts';
import { BEGINNINGS, requireOutsideRuns, requireWritable, writeOutput } from '../../run/output-file.ts';
import { shellWord } from '../../run/run-name.ts';
import { encodeJson } from '../../row/json.ts';
import { UserError } from '../../user-error.ts';
import type { Surroundings } from '../command.ts';
import { makeHere } from '../experiment/make-here.ts';
import { environmentsOf, requireMemoryForAll, workersOf } from '../experiment/resources.ts';
import { positiveNumber, type SettingFlags } from '../flag-values.ts';
import { makeNewFolder } from '../new-folder.ts';
import { frontierFigure, runHue } from '../plot/frontier-figure.ts';
import { plottedFigure } from '../plot/plotted-figure.ts';
import { readTokenRuns } from '../policy/token-frontier.ts';
import { paint, print, printJson } from '../print/print.ts';
import { describeStory } from '../print/rlhf.ts';
import { readTraining } from '../read-training.ts';
import { answerBars, rlhfPage } from './page.ts';
import { storyOf } from './story.ts';

/** What `leash rlhf` was told. */
export interface RlhfGiven extends SettingFlags {
  readonly CONFIG?: string | undefined;
  readonly betas: string;
  readonly out: string;
  readonly workers?: string | undefined;
  readonly json?: boolean | undefined;
}

/** More would be no picture. */
const MOST_BETAS = 12;
/** Columns of the runs, a panel each. */
const METRICS = 'exactReturn,exactTrueReturn,sequenceKlPolicyReference,klPolicyOptimum';

/**
 * Trains a run a β, and writes the figures and the page of them. Called again it goes on: runs that are there are kept.
 * @returns the exit code: 1 where a run failed, 129, 130 or 143 after a signal
 * @throws UserError before any run is made, where one of them cannot be
 */
export async function rlhfHere(given: RlhfGiven, { listen }: Surroundings): Promise<number> {
  const betas = betasOf(given.betas);
  const files = filesIn(given.out);
  const environments = openEnvironments();
  const told = await readTraining(given, environments);
  requireTask(told.config.environment, told.place);
  const { config, place } = await readTraining({ ...given, set: withMeasured(given.set) }, environments);
  requireStory(config, place);
  const root = join(given.out, 'runs');
  const runs = betas.map((beta): PlannedRun => {
    const reference = config.reference && { ...config.reference, beta, adapt: null };
    return { root, label: `beta-${beta}`, config: { ...config, reference }, options: { resume: true } };
  });
  const paths = runs.map((run) => pathOfRun(root, run.label, run.config.seed));
  runs.forEach((run, i) => void pointToResume(paths[i], run.config, environmentOptions));
  const contestants = runs.map(({ label, config: own }) => ({ label, config: own }));
  const workers = workersOf(given.workers, contestants);
  const asked = await environmentsOf(contestants, environments);
  requireMemoryForAll(contestants, asked, Math.min(workers, runs.length));
  const isSilent = given.json ?? false;
  makeNewFolder('--out', given.out);
  return await makeHere(runs, { workers, isSilent, listen, folder: root }, async (outcomes, outside) => {
    const failed = outcomes.find(({ status }) => status === 'failed');
    if (failed !== undefined) throw new UserError(failed.failure ?? 'a run failed', 1);
    if (outcomes.some(({ status }) => status === 'interrupted')) {
      if (!given.json) process.stderr.write('stopped; the same command goes on from here\n');
      return outside.exitCode();
    }
    const story = storyOf(await readTokenRuns(paths, root, undefined, {}));
    const figure = frontierFigure(story.frontier, 'The reward that is paid, and the true one, against drift');
    const training = trainingFigure(paths, root);
    for (const theme of ['light', 'dark'] as const) {
      files.write('frontier', theme, renderSvg(figure, themes[theme]));
      files.write('training', theme, renderSvg(training, themes[theme]));
      files.write('answers', theme, answerBars(story, themes[theme], 640));
    }
    files.writePage(rlhfPage(story, figure, training, commandOf(given)));
    if (given.json) printJson(encodeJson({ page: files.page, ...story }, 1));
    else print(`\n${describeStory(story).join('\n')}\n${paint('dim', 'page     ')}${files.page}`);
    return outside.exitCode();
  });
}

/** What the story needs of every run. A user's own settings have the last word. */
const MEASURED = ['groundTruth=true', 'snapshots.everyUpdates=1'];

function withMeasured(set: RlhfGiven['set']): string[] {
  const own = [set ?? []].flat();
  const pathOf = (assignment: string): string => `${assignment.split('=', 1)[0].trim()}.`;
  const isOwn = (path: string): boolean => own.some((each) => path.startsWith(pathOf(each)));
  return [...MEASURED.filter((each) => !isOwn(pathOf(each))), ...own];
}

/** Falling, each once. @throws UserError */
function betasOf(text: string): number[] {
  const betas = text.split(',').map((each) => positiveNumber('betas', each.trim(), 1e6));
  const twice = betas.find((beta, i) => betas.indexOf(beta) !== i);
  if (twice !== undefined) throw new UserError(`--betas names ${twice} twice, got ${text}`);
  if (betas.length > MOST_BETAS)
    throw new UserError(`--betas must be at most ${MOST_BETAS} numbers, got ${betas.length}`);
  return betas.sort((a, b) => b - a);
}

/** Before it is asked for exact figures, which most environments have not. @throws UserError */
function requireTask(
  { id, module, options: { trueReward = null } }: Config['environment'],
  place: string,
): void {
  if (trueReward === null)
    throw new UserError(
      `${place}: environment must be a token task whose options.trueReward says what answers are really worth, got ${id ?? module}: without it no reward is optimised too far`,
    );
}

/** @throws UserError for a config of which the story cannot be told */
function requireStory({ reference, groundTruth, snapshots }: Config, place: string): void {
  const wrong = (why: string): UserError => new UserError(`${place}: ${why}`);
  if (reference === null) throw wrong('reference must name the base model, got null');
  if (!groundTruth) throw wrong('groundTruth must be true, got false: the story is told in exact figures');
  if (snapshots === null) throw wrong('snapshots must not be null: the policies on the way are the story');
}

const FIGURES = ['frontier', 'training', 'answers'] as const;

/** The files of a story, each of which may be written over an earlier one of its kind. @throws UserError where not */
function filesIn(folder: string) {
  requireOutsideRuns('--out', folder);
  const page = join(folder, 'index.html');
  const picture = (figure: (typeof FIGURES)[number], theme: ThemeName): string =>
    join(folder, `${figure}${theme === 'light' ? '' : '-dark'}.svg`);
  requireWritable('--out', page, BEGINNINGS.html);
  for (const figure of FIGURES)
    for (const theme of ['light', 'dark'] as const)
      requireWritable('--out', picture(figure, theme), BEGINNINGS.svg);
  return {
    page,
    write: (figure: (typeof FIGURES)[number], theme: ThemeName, svg: string): void =>
      writeOutput('--out', picture(figure, theme), svg, BEGINNINGS.svg),
    writePage: (html: string): void => writeOutput('--out', page, html, BEGINNINGS.html),
  };
}

function trainingFigure(paths: readonly string[], root: string) {
  const figure = plottedFigure(paths, root, {
    ...{ metrics: METRICS, groupBy: 'reference.beta', band: 'iqm', smooth: 1, logY: false },
    ...{ points: 600, acrossEnvironments: false },
  });
  // Each β as the frontier has it.
  const groups = figure.groups.map(({ label, ...rest }, i) => ({
    ...rest,
    label: label.replace('reference.beta', 'β'),
    hue: runHue(i),
  }));
  return { ...figure, groups, title: 'The runs in the course of training' };
}

function commandOf({ CONFIG, betas, set, seed, steps, out }: RlhfGiven): string {
  const flags = [
    ...[set ?? []].flat().map((each) => `--set ${shellWord(each)}`),
    ...(seed === undefined ? [] : [`--seed ${seed}`]),
    ...(steps === undefined ? [] : [`--steps ${steps}`]),
  ];
  return [
    'leash rlhf',
    shellWord(CONFIG ?? ''),
    `--betas ${betas}`,
    ...flags,
    `--out ${shellWord(out)}`,
  ].join(' ');
}
