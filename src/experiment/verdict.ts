import type { Config } from '../config/schema.ts';
import { thousands } from '../elementary/thousands.ts';
import { sequentialPValue } from '../statistics/sequential-ranks.ts';
import { offTarget, targetInWords } from './kl-target.ts';
import { sharesEnvironment } from './pairs.ts';
import type { ConfigReport, Estimate, PairReport, ReportData } from './report-data.ts';
import { partlySameInWords, sameInWords, together, withoutRepeats } from './verdict-same.ts';

/** Factor between the least and the greatest mean KL beyond which a comparison is not one at equal KL. */
const KL_RATIO = 1.25;
/** Pairs that get a sentence each; beyond, the best config stands against the rest. */
const SENTENCES = 6;

/** What the figures support, in words, and what they don't. */
export function verdictOf(data: Omit<ReportData, 'verdict'>): string[] {
  return [
    ...failures(data),
    ...stuckRuns(data),
    ...noSpread(data),
    ...(data.configs.length === 1 ? alone(data.configs[0]) : comparison(data)),
    ...curves(data),
    ...noWorse(data),
    ...across(data),
    ...looks(data),
    ...errors(data),
    ...bestOfSweep(data),
    ...leavers(data),
    ...kls(data),
    ...unevenSteps(data),
    ...calibrations(data),
  ];
}

function failures({ configs }: Omit<ReportData, 'verdict'>): string[] {
  return configs.flatMap(({ label, runs }) => {
    const failed = runs.filter(({ status }) => status !== 'completed');
    if (failed.length === 0) return [];
    const seeds = failed.map(({ seed }) => seed).join(', ');
    const first = failed.find(({ failure }) => failure !== null)?.failure?.split('\n')[0];
    const rest =
      failed.length === runs.length
        ? 'it has no figures'
        : `its figures are of the other ${runs.length - failed.length} and look better than they are`;
    return [
      `${label}: ${failed.length} of ${runs.length} runs failed (seed ${seeds}${first ? `: ${first}` : ''}); ${rest}.`,
    ];
  });
}

function noSpread(data: Omit<ReportData, 'verdict'>): string[] {
  const { seeds, pairs } = data;
  if (seeds.length === 1) {
    return ['One seed: there is no interval, and no difference can be told from chance; try --seeds 10.'];
  }
  if (!isTooFew(data)) return [];
  const [first] = pairs.final;
  const among = pairs.final.length === 1 ? 'two configs' : `${pairs.final.length} pairs of configs`;
  const isAhead = first?.difference.value !== null && (first?.difference.value ?? 0) > 0;
  const ahead = isAhead ? ` (${first?.better} has the highest IQM of them)` : '';
  const more = data.untilDecided === null ? `--seeds ${seedsNeeded(data.family)}` : 'a larger --max-seeds';
  return [`${seeds.length} seeds cannot tell ${among} apart, whatever comes out${ahead}; try ${more}.`];
}

/** Whether no difference of runs that are not the same could be told from chance. */
function isTooFew(data: Omit<ReportData, 'verdict'>): boolean {
  const { seeds, pairs, family } = data;
  if (seeds.length === 1) return false;
  // The least p there can be: all runs of one config above all of the other, times Holm's factor.
  const leastP = leastPValue(data) * family.tests;
  // Of runs that are the same in every seed more seeds would say nothing else.
  const isOpen = pairs.final.some(({ same }) => same?.isEverySeed !== true);
  return leastP >= family.error && (isOpen || pairs.final.length === 0);
}

/** Who is shown to be no worse, by how much it moves: at a tenth of the KL that is what was asked. */
function noWorse(data: Omit<ReportData, 'verdict'>): string[] {
  const { margin, pairs, configs } = data;
  const apart = withoutRepeats(pairs.final);
  if (margin === null || apart.every((pair) => pair.noWorse === null)) return [];
  const told = apart.flatMap((pair) => noWorseInWords(pair, margin, configs));
  const rest = told.length - SENTENCES;
  if (told.length > 0)
    return [...told.slice(0, SENTENCES), ...(rest > 0 ? [`${rest} more are no worse in report.json.`] : [])];
  return isTooFew(data) || data.seeds.length === 1
    ? []
    : [`None is shown to be no worse than another by a margin of ${number(margin)}.`];
}

function noWorseInWords(
  { better, worse, decided, noWorse: judged }: PairReport,
  margin: number,
  configs: readonly ConfigReport[],
): string[] {
  if (judged === null) return [];
  const at = (label: string, other: string): string =>
    atKl(labelled(configs, label).kl?.mean, labelled(configs, other).kl?.mean, other);
  const p = ({ pValue }: { readonly pValue: number | null }): string => `p = ${number(pValue ?? Number.NaN)}`;
  if (judged.better.decided && judged.worse.decided)
    return [
      `${worse} and ${better} differ in return by less than ${number(margin)} (${p(judged.worse)}, ${p(judged.better)})${at(worse, better)}.`,
    ];
  if (judged.worse.decided)
    return [
      `${worse} is no worse in return than ${better}, by a margin of ${number(margin)} (${p(judged.worse)})${at(worse, better)}.`,
    ];
  // What is better is no worse.
  if (decided || !judged.better.decided) return [];
  return [
    `${better} is no worse in return than ${worse}, by a margin of ${number(margin)} (${p(judged.better)})${at(better, worse)}.`,
  ];
}

/** `, at 0.12 of the KL of clip (0.00121 against 0.0101)` */
function atKl(own: number | undefined, other: number | undefined, name: string): string {
  if (own === undefined || other === undefined || !(other > 0)) return '';
  return `, at ${number(own / other)} of the KL of ${name} (${number(own)} against ${number(other)})`;
}

/** Over all worlds of a study: the highest normalised IQM, against each other method. */
function across({ across: found, calibration }: Omit<ReportData, 'verdict'>): string[] {
  if (found === null) return [];
  const off = offTarget(calibration);
  const isAtKl = ({ method }: { readonly method: string }): boolean =>
    found.worlds.every(({ world }) => !off.has(`${method}.${world}`));
  const atKl = found.methods.filter(isAtKl);
  if (atKl.length < 2 && off.size > 0) return [];
  const ranked = atKl.toSorted(
    (a, b) => (b.iqm.value ?? -Number.MAX_VALUE) - (a.iqm.value ?? -Number.MAX_VALUE),
  );
  const [best, ...others] = ranked;
  const told = others.slice(0, SENTENCES).map((other) => {
    const forwards = found.improvements.find(
      (each) => each.method === best.method && each.over === other.method,
    );
    const backwards = found.improvements.find(
      (each) => each.method === other.method && each.over === best.method,
    );
    const improvement = forwards?.improvement ?? reversed(backwards?.improvement as Estimate);
    return `${withInterval(improvement)} over ${other.method}`;
  });
  return [
    `Over ${found.worlds.length} worlds ${off.size === 0 ? '' : 'and of the methods that are at the KL asked for in each '}${best.method} has the highest IQM of normalised returns, ${withInterval(best.iqm)}, and mean rank ${withInterval(best.rank)} of ${found.methods.length}; its P(improvement), mean over worlds, is ${told.join(', ')}. These intervals are over the runs, not over worlds, and each is by itself: no family's error is kept.`,
  ];
}

/** P(Y > X) of P(X > Y). */
function reversed({ value, low, high }: Estimate): Estimate {
  const less = (each: number | null): number | null => (each === null ? null : 1 - each);
  return { value: less(value), low: less(high), high: less(low) };
}

/** How many runs it took until every pair was decided or hopeless. */
function looks({ untilDecided, seeds, configs }: Omit<ReportData, 'verdict'>): string[] {
  if (untilDecided === null) return [];
  const { runs, mostRuns, looks: sizes, hopeless } = untilDecided;
  const of = new Set(configs.map((config) => config.runs.length));
  const each = of.size === 1 ? `${seeds.length} each` : `${Math.min(...of)} to ${Math.max(...of)} each`;
  return [
    `Seeds were added, ${sizes[0]} at a time up to ${sizes.at(-1)}, until every pair was decided or had a chance below ${percent(hopeless)} of being: ${each}, ${runs} of ${mostRuns} runs.`,
  ];
}

function leastPValue({ seeds, untilDecided }: Omit<ReportData, 'verdict'>): number {
  if (untilDecided === null) return 2 / assignments(seeds.length);
  const { looks: sizes, spending } = untilDecided;
  const groups = sizes.map((size, look) => {
    const added = size - (sizes[look - 1] ?? 0);
    const from = (first: number): Float64Array => Float64Array.from({ length: added }, (_, i) => first + i);
    return { x: from(2 * size), y: from(-2 * size) };
  });
  return sequentialPValue(groups, spending);
}

/** Ten, or as many as it takes for any outcome to be told from chance. */
function seedsNeeded({ error, tests }: ReportData['family']): number {
  let seeds = 10;
  while ((2 / assignments(seeds)) * tests >= error) seeds += 1;
  return seeds;
}

/** Ways to choose which n of 2n runs are one config's. */
function assignments(n: number): number {
  let ways = 1;
  for (let k = 1; k <= n; k++) ways *= (n + k) / k;
  return ways;
}

function stuckRuns({ configs }: Omit<ReportData, 'verdict'>): string[] {
  return configs
    .filter(({ stuck }) => stuck.length > 0)
    .map((config) => {
      const completed = completedOf(config);
      const which =
        config.stuck.length === completed
          ? `all ${completed} completed runs are stuck`
          : `${config.stuck.length} of ${completed} completed runs are stuck (seed ${config.stuck.join(', ')})`;
      return `${config.label}: ${which}: no episode ended in their last tenth; they rank below every other run.`;
    });
}

function completedOf({ runs }: ConfigReport): number {
  return runs.filter(({ status }) => status === 'completed').length;
}

/** 4 of 10 */
function stuckOf(config: ConfigReport): string {
  return `${config.stuck.length} of ${completedOf(config)}`;
}

/** IQM with its interval, and how many runs tie at an end; `stuck (4 of 10)` where more than a quarter of the runs is; – where there is none. */
export function iqmInWords(config: ConfigReport, metric: 'final' | 'curve'): string {
  const { iqm, tied } = config[metric];
  if (iqm === null) return '–';
  if (iqm.value === null) return `stuck (${stuckOf(config)})`;
  return tied === null
    ? withInterval(iqm)
    : `${withInterval(iqm)}, ${tied.runs} of ${completedOf(config)} equal`;
}

function alone(config: ConfigReport): string[] {
  if (config.final.iqm?.value == null) return [];
  return [`${config.label} ends at ${iqmInWords(config, 'final')} (IQM of the return over the last tenth).`];
}

function comparison(data: Omit<ReportData, 'verdict'>): string[] {
  const { pairs, seeds, configs } = data;
  if (pairs.final.length === 0) {
    const known = configs.filter(({ final }) => final.iqm !== null);
    return known.length > 1 && seeds.length > 1
      ? ['No two configs share an environment: returns are not compared.']
      : [];
  }
  const same = (told: readonly PairReport[]): string[] => sameInWords(pairs.final, configs, told);
  const apart = withoutRepeats(pairs.final);
  if (seeds.length === 1) {
    const first = apart.slice(0, 1);
    return [...same(first), ...first.map((pair) => aheadInWords(pair, configs))];
  }
  // One sentence has said that nothing can be told; what is the same is so all the same.
  if (isTooFew(data)) return same([]);
  if (apart.length <= SENTENCES)
    return [...same(apart), ...apart.map((pair) => inWords(pair, data)), ...partlySameInWords(apart)];
  // What is ahead of all others of its environment is nowhere behind.
  const bests = new Set(apart.map(({ better }) => better));
  for (const { worse } of apart) bests.delete(worse);
  return [
    ...same(apart),
    ...[...bests].flatMap((label) => bestInWords(labelled(configs, label), data, bests.size > 1)),
  ];
}

/** What the best config of an environment is against each other one there. @param isOneOf of several environments' */
function bestInWords(best: ConfigReport, data: Omit<ReportData, 'verdict'>, isOneOf: boolean): string[] {
  const { pairs, seeds, untilDecided, calibration } = data;
  const against = withoutRepeats(pairs.final).filter((pair) => pair.better === best.label);
  if (best.final.iqm?.value == null)
    return [
      `Every config${isOneOf ? ` with ${best.label}` : ''} is stuck in more than a quarter of its runs.`,
    ];
  const list = (holds: (pair: PairReport) => boolean): string =>
    against
      .filter(holds)
      .map((pair) => pair.worse)
      .join(', ');
  const tied = list(({ difference }) => difference.value === 0);
  const better = list(({ decided }) => decided);
  const open = list((pair) => !pair.decided);
  const atKl =
    leftOut(data).size > 0
      ? ', of those at the KL asked for'
      : offTarget(calibration).has(best.label)
        ? ', at another KL than asked for'
        : '';
  const highest = `${best.label} has the highest final return (IQM)${isOneOf ? ' of its environment' : ''}${atKl}`;
  return [
    tied === '' ? `${highest}.` : `${highest}, and so has ${tied}.`,
    better && `It is better than ${better}${despiteFailures(best)}.`,
    open &&
      `${untilDecided === null ? `${seeds.length} seeds` : 'The seeds there are'} can't tell it from ${open}.`,
  ].filter((sentence) => sentence !== '');
}

function labelled(configs: readonly ConfigReport[], label: string): ConfigReport {
  return configs.find((config) => config.label === label) as ConfigReport;
}

/** Runs that failed are in no figure: what is said of the rest must not pass for all. */
function despiteFailures(config: ConfigReport): string {
  return completedOf(config) < config.runs.length ? ' where it did not fail' : '';
}

/** Two single runs. */
function aheadInWords(pair: PairReport, configs: readonly ConfigReport[]): string {
  const { better, worse, difference } = pair;
  if (difference.value === null) return `${worse} is stuck, ${better} is not.`;
  if (difference.value > 0) return `${better} is ahead by ${number(difference.value)}.`;
  return labelled(configs, worse).final.iqm?.value == null
    ? `${better} and ${worse} are stuck.`
    : `${better} and ${worse} end at the same return.`;
}

function inWords(pair: PairReport, { configs, family, untilDecided }: Omit<ReportData, 'verdict'>): string {
  const { better, worse, improvement, pValue, decided } = pair;
  const [first, second] = [labelled(configs, better), labelled(configs, worse)];
  if (pValue === null) {
    const ahead = aheadInWords(pair, configs).replace(/\.$/, '');
    return `${ahead}, but one of them has a single run: that can be chance.`;
  }
  const how = `${differenceInWords(pair, first, second)}; P(improvement) ${withInterval(improvement)}, p = ${number(pValue)}`;
  const isReverse = improvement.value !== null && improvement.value < 0.5 && pValue < family.error;
  return decided
    ? `${better} is better than ${worse}${despiteFailures(first)}: ${how}.`
    : isReverse
      ? `${better} has the higher IQM, but the runs of ${worse} are more often above: no verdict (${how}).`
      : `${seedsOf(pair, configs)} seeds can't tell ${better} and ${worse} apart${hopeInWords(pair, untilDecided)}: ${how}.`;
}

function differenceInWords({ difference, decided }: PairReport, a: ConfigReport, b: ConfigReport): string {
  if (b.final.iqm?.value == null) {
    return a.final.iqm?.value == null
      ? `both are stuck (${a.label} in ${stuckOf(a)}, ${b.label} in ${stuckOf(b)})`
      : `${b.label} is stuck (${stuckOf(b)})`;
  }
  return decided
    ? `its final return is higher by ${withInterval(difference)} (IQM)`
    : `difference of final return ${withInterval(difference)} (IQM)`;
}

/** Of both configs; where seeds were added one may have more. */
function seedsOf({ better, worse }: PairReport, configs: readonly ConfigReport[]): number {
  return Math.min(...[better, worse].map((label) => labelled(configs, label).runs.length));
}

/** Why no more seeds were added. */
function hopeInWords({ chance }: PairReport, untilDecided: ReportData['untilDecided']): string {
  if (untilDecided === null || chance === null || chance === 0) return '';
  const share = chance < 0.01 ? 'less than 1%' : percent(chance);
  return `, and up to ${untilDecided.looks.at(-1)} would in ${share}`;
}

function curves(data: Omit<ReportData, 'verdict'>): string[] {
  const { pairs, seeds, configs } = data;
  const without = configs.filter(({ withoutCurve }) => withoutCurve.length > 0);
  const old = without.map(
    ({ label, withoutCurve }) =>
      `${label}: no curve is known of seed ${withoutCurve.join(', ')}, made by leash 0.1.0; what is said of curves and steps to a threshold is of the others.`,
  );
  const apart = withoutRepeats(pairs.final).length;
  const isSaid = seeds.length > 1 && pairs.final.length > 0 && apart <= SENTENCES;
  if (!isSaid || isTooFew(data)) return old;
  const stretches = new Set(configs.map(({ curveSteps }) => curveSteps));
  const [stretch] = stretches;
  const isUnknown = configs.some(
    ({ curveSteps, runs, stuck, withoutCurve }) =>
      curveSteps === 0 &&
      runs.some(({ seed, status }) => status === 'completed' && ![...stuck, ...withoutCurve].includes(seed)),
  );
  const unknown = isUnknown
    ? ['No curve is known of all runs yet: in one of them a copy has not ended two episodes.']
    : [];
  const compared = withoutRepeats(pairs.curve, [...pairs.final, ...pairs.curve]);
  if (compared.length === 0) return [...old, ...unknown];
  const decided = compared.filter((pair) => pair.decided);
  const open = compared.length - decided.length;
  const told = decided.map(
    ({ better, worse, improvement }) =>
      `${better} is better than ${worse} (P(improvement) ${withInterval(improvement)})`,
  );
  const rest = open === 0 ? [] : [`${open} of ${compared.length} pairs can't be told apart`];
  const where = stretches.size === 1 ? `Over the curve to ${thousands(stretch)} steps` : 'Over the curve';
  return [...old, ...unknown, `${where}: ${[...told, ...rest].join('; ')}.`];
}

/** What family the p-values are of, what error that keeps, and how much it finds. */
function errors(data: Omit<ReportData, 'verdict'>): string[] {
  const { pairs, seeds, family, power } = data;
  const isTested = pairs.final.some(({ pValue, same }) => pValue !== null && !same?.isEverySeed);
  if (!isTested || isTooFew(data)) return [];
  const { error, tests, method } = family;
  const what = data.margin === null ? '' : ', and by the margin';
  const over = data.untilDecided === null ? '' : ` and the ${data.untilDecided.looks.length} looks`;
  const said = data.margin === null ? '“better”' : '“better” or “no worse”';
  const found =
    power === null
      ? ''
      : ` ${seeds.length} seeds find a difference of one standard deviation by one measure in ${percent(power)} of such comparisons.`;
  return [
    `p is adjusted over ${tests} tests, every pair of configs by final return and by curve${what} (${method})${over}: ${data.margin === null ? 'where nothing differs ' : ''}at most ${percent(error)} of such reports say ${said} anywhere${data.margin === null ? '' : ' where that is false'}.${found}`,
  ];
}

/** 41% */
function percent(share: number): string {
  return `${Math.round(100 * share)}%`;
}

/** Whether the best point of a sweep kept to δ, and which others are as good. */
function bestOfSweep({ sweep, configs }: Omit<ReportData, 'verdict'>): string[] {
  const best = configs.find(({ label }) => label === sweep?.best);
  if (sweep === null || best === undefined) return [];
  const ties = sweep.tiedWithBest;
  const tied = ties.length === 0 ? '' : ` and ties with ${listed(ties)}`;
  if (best.kl === null || best.kl.outsideDelta === 0)
    return [`Best point: ${best.label}; it never left δ${tied}.`];
  return [`Best point: ${best.label}; it left δ in ${outsideInWords(best.kl)}${tied}.`];
}

/** Who left δ, most often first. */
function leavers({ configs }: Omit<ReportData, 'verdict'>): string[] {
  const known = configs.flatMap(({ label, kl }) => (kl === null ? [] : [{ label, kl }]));
  if (known.length === 0) return [];
  const left = known
    .filter(({ kl }) => kl.outsideDelta > 0)
    .sort((a, b) => b.kl.shareOutsideDelta - a.kl.shareOutsideDelta);
  if (left.length === 0) return ['No update ended outside δ.'];
  const how = ({ kl }: (typeof left)[0]): string =>
    `in ${outsideInWords(kl)}, furthest with KL ${number(kl.largest.value)} in seed ${kl.largest.seed}`;
  const groups = [...new Set(left.map(how))].map((words) => ({
    words,
    labels: left.filter((each) => how(each) === words).map(({ label }) => label),
  }));
  const told = groups.slice(0, SENTENCES).map(({ words, labels }) => `by ${together(labels)} ${words}`);
  const rest = groups.slice(SENTENCES).flatMap(({ labels }) => labels).length;
  const more = rest > 0 ? `; and by ${rest} more` : '';
  const kept = known.filter(({ kl }) => kl.outsideDelta === 0).map(({ label }) => label);
  const within = kept.length === 0 ? '' : `; ${listed(kept)} never left it`;
  return [`δ was left ${told.join('; ')}${more}${within}.`];
}

/** 3 of 98 updates (3.06%) */
function outsideInWords({
  outsideDelta,
  updates,
  shareOutsideDelta,
}: NonNullable<ConfigReport['kl']>): string {
  return `${thousands(outsideDelta)} of ${thousands(updates)} updates (${number(100 * shareOutsideDelta)}%)`;
}

function listed(labels: readonly string[]): string {
  const shown = labels.slice(0, SENTENCES);
  const rest = labels.length - shown.length;
  return rest > 0 ? `${shown.join(', ')} and ${rest} more` : shown.join(', ');
}

/** Configs by what they are trained on. */
function byEnvironment<Each extends { readonly config: Config }>(configs: readonly Each[]): Each[][] {
  const groups: Each[][] = [];
  for (const each of configs) {
    const group = groups.find(([first]) => sharesEnvironment(first, each));
    if (group === undefined) groups.push([each]);
    else group.push(each);
  }
  return groups;
}

function kls({ kind, configs, calibration }: Omit<ReportData, 'verdict'>): string[] {
  if (kind === 'sweep' || calibration !== null) return [];
  const known = configs.flatMap(({ label, config, kl }) =>
    kl === null ? [] : [{ label, config, mean: kl.mean }],
  );
  const [farthest] = byEnvironment(known)
    .map((group) => group.sort((a, b) => a.mean - b.mean))
    .map((group) => ({ least: group[0], most: group[group.length - 1] }))
    .filter(({ least, most }) => most.mean > KL_RATIO * least.mean)
    .sort((a, b) => b.most.mean / b.least.mean - a.most.mean / a.least.mean);
  if (farthest === undefined) return [];
  const { least, most } = farthest;
  return [
    `They don't move equally far: mean KL per update is ${number(most.mean)} for ${most.label} and ${number(least.mean)} for ${least.label}; --match-kl compares at equal KL.`,
  ];
}

function unevenSteps({ configs }: Omit<ReportData, 'verdict'>): string[] {
  const isUneven = byEnvironment(configs).some(
    (group) => new Set(group.map(({ config }) => config.steps)).size > 1,
  );
  return isUneven ? ['They are trained for different numbers of steps; --steps makes them equal.'] : [];
}

/** Configs that are not at the KL asked for and therefore in no pair. */
function leftOut({ calibration, pairs }: Pick<ReportData, 'calibration' | 'pairs'>): ReadonlySet<string> {
  const compared = new Set(pairs.final.flatMap(({ better, worse }) => [better, worse]));
  return new Set([...offTarget(calibration)].filter((label) => !compared.has(label)));
}

function calibrations(data: Omit<ReportData, 'verdict'>): string[] {
  const { calibration } = data;
  if (calibration === null) return [];
  const { target, tolerance, configs } = calibration;
  const labels = offTarget(calibration);
  const out = leftOut(data);
  const off = configs.filter(({ label }) => labels.has(label));
  const moved = configs.filter(({ label, instead }) => instead !== null && !labels.has(label));
  const instead =
    moved.length === 0
      ? []
      : [
          `Brought to it by the learning rate of the policy, since no value of the setting that bounds them does: ${listed(moved.map(({ label }) => label))}.`,
        ];
  if (off.length === 0)
    return [
      ...instead,
      `All were compared at a mean KL of ${targetInWords(target, number)} per update, within ${100 * tolerance}%.`,
    ];
  const told = off.map(({ label, target: asked, reason, klMeanCompared }) => {
    const got = klMeanCompared === null ? 'no run to measure' : `${number(klMeanCompared)} in the comparison`;
    const consequence = out.has(label) ? ' and not compared with the best' : '';
    return `${label} is not at the KL asked for (${number(asked)})${consequence}: ${got}${reason ? `; ${reason}` : ''}.`;
  });
  return [...instead, ...told];
}

/** 12.3 [10.1, 14.9]; without the interval where there is none; `stuck` for what has a stuck run in it, – for an end that is not bounded. */
export function withInterval({ value, low, high, stuck = [] }: Estimate): string {
  if (value === null) return 'stuck';
  const bound = (part: 'low' | 'high', known: number | null): string =>
    stuck.includes(part) ? 'stuck' : known === null ? '–' : number(known);
  if (low === null && high === null && stuck.length === 0) return number(value);
  return `${number(value)} [${bound('low', low)}, ${bound('high', high)}]`;
}

/** Three significant digits; whole numbers from 1000 on. */
function number(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (size >= 1e9) return value.toExponential(2).replace('e+', 'e');
  return String(size >= 1000 ? Math.round(value) : Number(value.toPrecision(3)));
}
