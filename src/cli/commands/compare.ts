import { availableParallelism } from 'node:os';
import { setImmediate } from 'node:timers/promises';
import { findEnvironment } from '../../../envs/registry.ts';
import { encodeJson } from '../../run/metrics.ts';
import { type ExperimentDirectory, openExperiment } from '../../experiment/experiment-directory.ts';
import { type Contestant, type ExperimentOptions, runExperiment } from '../../experiment/experiment.ts';
import { openPool } from '../../experiment/pool.ts';
import { sharesEnvironment } from '../../experiment/pairs.ts';
import { buildReport, type ReportInput } from '../../experiment/report.ts';
import type { ReportData } from '../../experiment/report-data.ts';
import { calibrate } from '../../experiment/calibrate.ts';
import { parseSeeds } from '../../experiment/seeds.ts';
import { readStudy, type Study } from '../../experiment/study-file.ts';
import { renderReportPage } from '../../plot/report-page.ts';
import { estimateMemory, type Spaces, spacesOf } from '../../train/memory-estimate.ts';
import { raggedMinibatch } from '../../train/train.ts';
import { oneLine, UserError } from '../../user-error.ts';
import { environmentOptions } from '../environments.ts';
import { experimentBars, experimentLines } from '../experiment-progress.ts';
import { overridesOf, type SettingFlags, wholeNumber } from '../flag-values.ts';
import { availableMemory, requireMemory, workersWithAddresses } from '../memory.ts';
import { paint, print, printJson } from '../print/print.ts';
import { type Listen, listenForSignals } from '../signals.ts';
import { describeReport } from '../print/report.ts';

/** Flags of every command that runs an experiment. */
export interface ExperimentFlags extends SettingFlags {
  seeds?: string | undefined;
  workers?: string | undefined;
  runs: string;
  name?: string | undefined;
  threshold?: string | undefined;
  json?: boolean | undefined;
}

/** Flags of `leash compare`. */
export interface CompareFlags extends ExperimentFlags {
  CONFIG?: string[] | undefined;
  matchKl?: string | undefined;
  acrossEnvironments?: boolean | undefined;
}

const DEFAULT_SEEDS = '10';

/** `leash compare CONFIG…`. */
export async function runCompare(given: CompareFlags, listen: Listen = listenForSignals): Promise<number> {
  const files = given.CONFIG ?? [];
  const studies = files.map((file) => readStudy(file, overridesOf(given), environmentOptions));
  const contestants = studies.flatMap((study) => study.contestants);
  checkContestants(contestants, given.acrossEnvironments ?? false);
  const seedText = given.seeds ?? agreed('seeds', studies, files) ?? DEFAULT_SEEDS;
  const seeds = parseSeeds(seedText, given.seeds === undefined ? 'seeds' : '--seeds');
  requireFewRuns(contestants.length, seeds.length);
  const threshold = thresholdOf(given) ?? agreed('threshold', studies, files);
  const matchKl = matchKlOf(given) ?? agreed('matchKl', studies, files);
  const name = given.name ?? defaultName(files, contestants);
  return conduct(given, name, listen, { contestants, seeds: seeds.length }, async (directory, options) => {
    const calibrated =
      matchKl === undefined
        ? { contestants, report: null }
        : await calibrate(directory, contestants, seeds, matchKl, options);
    if (calibrated === undefined) return undefined;
    const inputs = await runExperiment(directory, calibrated.contestants, seeds, options);
    if (options.signal.aborted) return undefined;
    const frame = {
      kind: 'compare' as const,
      name,
      description: studies
        .map((study) => study.description)
        .filter((each) => each !== '')
        .join(' '),
      command: commandLine('compare', files, { ...given, seeds: seedText, name }),
      seeds,
      calibration: calibrated.report,
      sweep: null,
    };
    return { report: buildReport(frame, inputs, threshold), inputs };
  });
}

const FLAGS = { seeds: '--seeds', threshold: '--threshold', matchKl: '--match-kl' } as const;

/** What the studies say of it, if any does. @throws UserError where two say different things: one would be ignored */
function agreed<Key extends keyof typeof FLAGS>(
  key: Key,
  studies: readonly Study[],
  files: readonly string[],
): Study[Key] {
  const given = studies.flatMap((study, i) =>
    study[key] === undefined ? [] : [{ value: study[key], file: files[i] }],
  );
  const [first] = given;
  const other = given.find(({ value }) => value !== first?.value);
  if (first === undefined || other === undefined) return first?.value as Study[Key];
  throw new UserError(
    `${key} is ${first.value} in ${first.file} and ${other.value} in ${other.file}: say ${FLAGS[key]}`,
  );
}

/** The most runs of an experiment: each is a folder on the disk and a place in the report. */
const MOST_RUNS = 100_000;

/** @throws UserError */
export function requireFewRuns(configs: number, seeds: number): void {
  if (configs * seeds <= MOST_RUNS) return;
  throw new UserError(
    `an experiment has at most ${MOST_RUNS} runs, got ${configs} configs × ${seeds} seeds = ${configs * seeds}`,
  );
}

/** The most threads that make runs; more than cores make nothing faster. */
const MOST_WORKERS = 1024;

/** What an experiment found, and the runs it was found from. */
export interface Findings {
  readonly report: ReportData;
  readonly inputs: readonly ReportInput[];
}

/**
 * Opens the experiment's folder, lets `experiment` make its runs under bars and signals, and shows and writes
 * the report.
 * @param experiment gives no report when it was interrupted
 * @returns the exit code: 1 where a run failed, 129, 130 or 143 after a signal
 */
export async function conduct(
  given: ExperimentFlags,
  name: string,
  listen: Listen,
  runs: { readonly contestants: readonly Contestant[]; readonly seeds: number },
  experiment: (directory: ExperimentDirectory, options: ExperimentOptions) => Promise<Findings | undefined>,
): Promise<number> {
  const asked =
    given.workers === undefined
      ? availableParallelism()
      : wholeNumber('workers', given.workers, 1, MOST_WORKERS);
  const usesWasm = runs.contestants.some(
    ({ config }) => config.engine === 'auto' || config.engine === 'wasm',
  );
  const workers = usesWasm ? workersWithAddresses(asked, given.workers !== undefined) : asked;
  requireMemoryForAll(runs.contestants, Math.min(workers, runs.contestants.length * runs.seeds));
  const directory = openExperiment(given.runs, name, environmentOptions);
  const pool = openPool(workers);
  const outside = listen(given.json ?? false);
  const reporter = given.json
    ? undefined
    : process.stdout.isTTY
      ? await experimentBars()
      : experimentLines((line) => print(oneLine(line)));
  try {
    const onDamage = (line: string): void => void process.stderr.write(`${oneLine(line)}\n`);
    const { signal } = outside;
    const findings = await experiment(directory, { pool, signal, reporter, onDamage });
    if (findings === undefined) {
      if (!given.json) process.stderr.write(`stopped; the same command goes on from here\n`);
      return outside.exitCode();
    }
    const { report, inputs } = findings;
    for (const { label, config } of given.json ? [] : runs.contestants) {
      const ragged = raggedMinibatch(config);
      if (ragged !== undefined) process.stderr.write(`leash: ${oneLine(label)}: ${ragged}\n`);
    }
    const text = encodeJson(report, 1);
    directory.writeReport('report.json', `${text}\n`);
    const curves = inputs.flatMap(({ label, runs }) => runs.map(({ seed, rows }) => ({ label, seed, rows })));
    directory.writeReport('report.html', renderReportPage(report, curves));
    if (given.json) printJson(text);
    else {
      const written = `${paint('dim', 'report')}  ${directory.path}/report.html, ${directory.path}/report.json`;
      print(`\n${describeReport(report)}\n\n${written}`);
    }
    // A signal that came meanwhile is heard before the command ends as if there had been none.
    await setImmediate();
    const isWhole = report.configs.every(({ runs }) => runs.every(({ status }) => status === 'completed'));
    return outside.exitCode() || (isWhole ? 0 : 1);
  } finally {
    reporter?.stop();
    outside.stopListening();
    await pool.close();
    directory.release();
  }
}

/** Every run, so many at once, fits into memory. @throws UserError */
function requireMemoryForAll(contestants: readonly Contestant[], atOnce: number): void {
  const available = availableMemory();
  const spaces = new Map<string, Spaces>();
  for (const { label, config } of contestants) {
    const definition = findEnvironment(config.environment.id);
    const key = JSON.stringify([config.environment.id, config.environment.options]);
    const own = spaces.get(key) ?? spacesOf(definition, config);
    spaces.set(key, own);
    requireMemory(estimateMemory(config, definition, own, 1), label, atOnce, available);
  }
}

function checkContestants(contestants: readonly Contestant[], acrossEnvironments: boolean): void {
  const labels = contestants.map(({ label }) => label);
  const twice = labels.find((label, i) => labels.indexOf(label) !== i);
  if (twice !== undefined) {
    throw new UserError(`two configs are called ${twice}; give one of the files another name`);
  }
  const other = contestants.find((each) => !sharesEnvironment(each, contestants[0]));
  if (other !== undefined && !acrossEnvironments) {
    const [a, b] = [contestants[0], other].map(
      ({ label, config }) =>
        `${label}: ${config.environment.id} ${JSON.stringify(config.environment.options)}`,
    );
    throw new UserError(
      `the configs' environments differ (${a}; ${b}): their returns can't be compared; --across-environments compares within each`,
    );
  }
}

/** @throws UserError */
export function thresholdOf({ threshold }: ExperimentFlags): number | undefined {
  if (threshold === undefined) return undefined;
  const value = threshold.trim() === '' ? Number.NaN : Number(threshold);
  if (!Number.isFinite(value)) throw new UserError(`--threshold must be a number, got ${threshold}`);
  return value;
}

/** @throws UserError */
function matchKlOf({ matchKl }: CompareFlags): number | undefined {
  if (matchKl === undefined) return undefined;
  const value = Number(matchKl);
  if (Number.isFinite(value) && value > 0) return value;
  throw new UserError(`--match-kl must be a mean KL per update in nats, > 0, got ${matchKl}`);
}

/** Of one file its name, of several `a-vs-b`. */
function defaultName(files: readonly string[], contestants: readonly Contestant[]): string {
  const only = files.length === 1 ? /([^/\\]+?)(?:\.json)?$/.exec(files[0])?.[1] : undefined;
  return (
    only ??
    contestants
      .map(({ label }) => label)
      .join('-vs-')
      .slice(0, 100)
  );
}

/** The command again: what changes the result, not where or on how many threads. */
export function commandLine(command: string, files: readonly string[], given: CompareFlags): string {
  const { set, seeds, steps, name, threshold, matchKl, acrossEnvironments } = given;
  const quote = (text: string): string =>
    /^[\w./=:,+-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
  const flag = (key: string, value: string | undefined): string[] =>
    value === undefined ? [] : [`--${key}`, value];
  const words = [
    ...flag('seeds', seeds),
    ...(set === undefined ? [] : [set].flat().flatMap((each) => ['--set', each])),
    ...flag('steps', steps),
    ...flag('threshold', threshold),
    ...flag('match-kl', matchKl),
    ...(acrossEnvironments ? ['--across-environments'] : []),
    ...flag('name', name),
  ];
  return ['leash', command, ...files, ...words].map(quote).join(' ');
}
