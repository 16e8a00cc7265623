import { thousands } from '../../elementary/thousands.ts';
import { offTarget } from '../kl-target.ts';
import type { ConfigReport, PairReport, ReportData } from '../report-data.ts';
import { isTooFew } from './chance.ts';
import { partlySameInWords, sameInWords, withoutRepeats } from './same.ts';
import { leftOut } from './terms.ts';
import {
  despiteFailures,
  type Figures,
  iqmInWords,
  labelled,
  number,
  percent,
  SENTENCES,
  stuckOf,
  withInterval,
} from './words.ts';

/** Which config ends higher than which, pair by pair, or the best against the rest. */
export function comparison(data: Figures): string[] {
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
function bestInWords(best: ConfigReport, data: Figures, isOneOf: boolean): string[] {
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

/** Two single runs. */
function aheadInWords(pair: PairReport, configs: readonly ConfigReport[]): string {
  const { better, worse, difference } = pair;
  if (difference.value === null) return `${worse} is stuck, ${better} is not.`;
  if (difference.value > 0) return `${better} is ahead by ${number(difference.value)}.`;
  return labelled(configs, worse).final.iqm?.value == null
    ? `${better} and ${worse} are stuck.`
    : `${better} and ${worse} end at the same return.`;
}

function inWords(pair: PairReport, { configs, family, untilDecided }: Figures): string {
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

/** Where a single config ends. */
export function alone(config: ConfigReport): string[] {
  if (config.final.iqm?.value == null) return [];
  return [`${config.label} ends at ${iqmInWords(config, 'final')} (IQM of the return over the last tenth).`];
}

/** Which curve is higher, and which is not known. */
export function curves(data: Figures): string[] {
  const { pairs, seeds, configs } = data;
  const old = configs.flatMap(withoutCurveInWords);
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
      `${better} is better than ${worse}${despiteFailures(labelled(configs, better))} (P(improvement) ${withInterval(improvement)})`,
  );
  const rest = open === 0 ? [] : [`${open} of ${compared.length} pairs can't be told apart`];
  const where = stretches.size === 1 ? `Over the curve to ${thousands(stretch)} steps` : 'Over the curve';
  return [...old, ...unknown, `${where}: ${[...told, ...rest].join('; ')}.`];
}

/** Of which runs there is no curve, and why. */
function withoutCurveInWords({ label, withoutCurve, branches }: ConfigReport): string[] {
  const isOfOthers = 'what is said of curves and steps to a threshold is of the others';
  const old = withoutCurve.filter((seed) => !branches.includes(seed));
  return [
    ...(old.length === 0
      ? []
      : [`${label}: no curve is known of seed ${old.join(', ')}, made by leash 0.1.0; ${isOfOthers}.`]),
    ...(branches.length === 0
      ? []
      : [
          `${label}: no curve is known from the first update on of seed ${branches.join(', ')}, which ${branches.length === 1 ? 'begins' : 'begin'} with a checkpoint of another run; ${isOfOthers}.`,
        ]),
  ];
}
