import { calibrate } from './calibrate.ts';
import type { Experiment, Findings } from './conduct.ts';
import { type Contestant, runExperiment } from './experiment.ts';
import { byEvaluations } from './by-evaluations.ts';
import { byExactReturns } from './by-exact-returns.ts';
import { type FoundContestant, inputOf, remarksOn } from './found-runs.ts';
import { type KlTarget, targetInWords } from './kl-target.ts';
import { turnedSettings } from './knob.ts';
import { knownReturnsOfRuns } from './known-returns.ts';
import { labelsToContinue, type Looks } from './looks.ts';
import type { TurnedRun } from './planned-run.ts';
import type { ReportInput } from './report-data.ts';
import { buildReport, type ReportFrame } from './report.ts';

/** What returns may be in place of those of training's own episodes, and what is then said of a report. */
const otherReturns = {
  evaluations: {
    replace: byEvaluations,
    remark:
      'Returns are those of the evaluations in the course of training, each for the updates since the one before, not of training’s own episodes.',
  },
  exact: {
    replace: byExactReturns,
    remark:
      'Returns are the exact expected returns of the policies after each update, not the means of the episodes that training happened to play.',
  },
} as const;
export type OtherReturns = keyof typeof otherReturns;

/** What `leash compare` is asked. */
export interface ComparisonPlan {
  /** In the order of the report; those that were found are read, the others trained. */
  readonly contestants: readonly (Contestant | FoundContestant)[];
  readonly seeds: readonly number[];
  /** What all are brought to first. */
  readonly matchKl: KlTarget | undefined;
  /** Return whose first reach is timed. */
  readonly threshold: number | undefined;
  /** What returns are in place of those of training's own episodes. */
  readonly by?: OtherReturns | undefined;
  /** By how much a final return may be lower and still be no worse. */
  readonly margin?: number | undefined;
  /** Where seeds are added until every pair is decided or hopeless, how; `seeds` are then those of the first look. */
  readonly looks?: Looks | undefined;
  readonly title: Pick<ReportFrame, 'name' | 'description' | 'command'>;
}

/** Whether the runs of a contestant are there already. */
export function isFound(contestant: Contestant | FoundContestant): contestant is FoundContestant {
  return 'runs' in contestant;
}

/** Trains every contestant that is no run yet on every seed and compares them. */
export function comparison(plan: ComparisonPlan): Experiment {
  const { contestants, seeds, matchKl, looks } = plan;
  const asked = contestants.filter((each) => !isFound(each));
  const found = contestants.filter(isFound);
  return async (directory, options) => {
    directory.marker.keepDesign(looks && designInWords(looks, plan));
    if (matchKl !== undefined) directory.marker.keepTarget(matchKl, turnedRuns(directory.path, plan));
    const calibrated =
      matchKl === undefined
        ? { contestants: asked, report: null }
        : await calibrate(directory, asked, seeds, matchKl, options);
    if (calibrated === undefined) return undefined;
    const judge = (inputs: ReadonlyMap<string, ReportInput>): Findings =>
      findingsOf(plan, calibrated.report, inputs, directory.path);
    if (looks !== undefined)
      return untilDecided(looks, calibrated.contestants, judge, (open, group) =>
        runExperiment(directory, open, group, options),
      );
    const trained = await runExperiment(directory, calibrated.contestants, seeds, options);
    if (trained === undefined) return undefined;
    const read = await Promise.all(
      found.map(async (each) => {
        const known = await knownReturnsOfRuns(each.config.environment, options.resolve);
        return inputOf(each, seeds, known, directory.path);
      }),
    );
    return judge(new Map([...trained, ...read].map((each) => [each.label, each])));
  };
}

/** The runs that calibration is for, before it. @param root the experiment's folder */
function turnedRuns(root: string, { contestants, seeds, looks }: ComparisonPlan): TurnedRun[] {
  return contestants.flatMap(({ label, config }) => {
    const turned = turnedSettings(config);
    return (looks?.seeds ?? seeds).map((seed) => ({
      run: { root, label, config: { ...config, seed } },
      turned,
    }));
  });
}

/** @param made inputs by label, of all contestants */
function findingsOf(
  { contestants, seeds, threshold, title, margin, looks, ...plan }: ComparisonPlan,
  calibration: ReportFrame['calibration'],
  made: ReadonlyMap<string, ReportInput>,
  folder: string,
): Findings {
  const by = plan.by && otherReturns[plan.by];
  const inputs = contestants.map(({ label }) => {
    const input = made.get(label) as ReportInput;
    return by ? by.replace(input, folder) : input;
  });
  const found = contestants.filter(isFound);
  const most = Math.max(...inputs.map(({ runs }) => runs.length));
  const frame = {
    kind: 'compare' as const,
    ...title,
    node: process.version,
    seeds: looks === undefined ? seeds : looks.seeds.slice(0, most),
    calibration,
    remarks: [...(by ? [by.remark] : []), ...remarksOn(found, seeds)],
    sweep: null,
    margin,
    looks: looks?.sizes,
  };
  return { report: buildReport(frame, inputs, threshold), inputs };
}

/**
 * Adds groups of seeds to the configs of every pair that is neither decided nor hopeless. What is known after a group is
 * read from the runs alone, so that a call that was stopped goes on from where it was.
 * @param make undefined when it was stopped
 */
async function untilDecided(
  { seeds, sizes }: Looks,
  contestants: readonly Contestant[],
  judge: (inputs: ReadonlyMap<string, ReportInput>) => Findings,
  make: (
    open: readonly Contestant[],
    seeds: readonly number[],
  ) => Promise<readonly ReportInput[] | undefined>,
): Promise<Findings | undefined> {
  const inputs = new Map<string, ReportInput>();
  let open = contestants;
  let findings: Findings | undefined;
  for (const size of sizes) {
    const made = await make(open, seeds.slice(0, size));
    if (made === undefined) return undefined;
    for (const input of made) inputs.set(input.label, input);
    findings = judge(inputs);
    const labels = labelsToContinue(findings.report);
    open = open.filter(({ label }) => labels.has(label));
    if (open.length === 0) break;
  }
  return findings;
}

/** What may not be another when the experiment goes on: the error that is kept is that of a plan made beforehand. */
function designInWords(
  { seeds, sizes }: Looks,
  { by, margin, matchKl, contestants }: ComparisonPlan,
): string {
  const flags = [
    `--until-decided --seeds ${sizes[0]} --max-seeds ${sizes.at(-1)} from seed ${seeds[0]}`,
    ...(by === undefined ? [] : [`by ${by}`]),
    ...(margin === undefined ? [] : [`--margin ${margin}`]),
    ...(matchKl === undefined ? [] : [`--match-kl ${targetInWords(matchKl, String)}`]),
  ];
  return `${flags.join(' ')} of ${contestants.map(({ label }) => label).join(', ')}`;
}
