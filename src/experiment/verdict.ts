import type { ConfigReport, Estimate, PairReport, ReportData } from './report-data.ts';

/** Factor between the least and the greatest mean KL beyond which a comparison is not one at equal KL. */
const KL_RATIO = 1.25;
/** Pairs that get a sentence each; beyond, the best config stands against the rest. */
const SENTENCES = 6;

/** What the figures support, in words, and what they don't. */
export function verdictOf(data: Omit<ReportData, 'verdict'>): string[] {
  return [
    ...failures(data),
    ...noSpread(data),
    ...(data.configs.length === 1 ? alone(data.configs[0]) : comparison(data)),
    ...curves(data),
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

function noSpread({ seeds, pairs }: Omit<ReportData, 'verdict'>): string[] {
  if (seeds.length === 1) {
    return ['One seed: there is no interval, and no difference can be told from chance; try --seeds 10.'];
  }
  // The least p there can be: all runs of one config above all of the other, times Holm's factor.
  const leastP = (2 / assignments(seeds.length)) * pairs.final.length;
  if (leastP >= 0.05) {
    const among = pairs.final.length === 1 ? 'two configs' : `${pairs.final.length} pairs of configs`;
    return [`${seeds.length} seeds cannot tell ${among} apart, whatever comes out; try --seeds 10.`];
  }
  return [];
}

/** Ways to choose which n of 2n runs are one config's. */
function assignments(n: number): number {
  let ways = 1;
  for (let k = 1; k <= n; k++) ways *= (n + k) / k;
  return ways;
}

function alone({ label, final }: ConfigReport): string[] {
  if (final.iqm === null) return [];
  return [`${label} ends at ${withInterval(final.iqm)} (IQM of the return over the last tenth).`];
}

function comparison({ pairs, seeds, configs }: Omit<ReportData, 'verdict'>): string[] {
  if (seeds.length === 1) {
    return pairs.final
      .slice(0, 1)
      .map(({ better, difference }) => `${better} is ahead by ${number(difference.value)}.`);
  }
  if (pairs.final.length === 0) {
    const known = configs.filter(({ final }) => final.iqm !== null);
    return known.length > 1 ? ['No two configs share an environment: returns are not compared.'] : [];
  }
  if (pairs.final.length <= SENTENCES) return pairs.final.map((pair) => inWords(pair, seeds.length));
  const best = pairs.final[0].better;
  const against = pairs.final.filter((pair) => pair.better === best);
  const list = (decided: boolean): string =>
    against
      .filter((pair) => pair.decided === decided)
      .map((pair) => pair.worse)
      .join(', ');
  return [
    `${best} has the highest final return (IQM).`,
    list(true) && `It is better than ${list(true)}.`,
    list(false) && `${seeds.length} seeds can't tell it from ${list(false)}.`,
  ].filter((sentence) => sentence !== '');
}

function inWords(pair: PairReport, seeds: number): string {
  const { better, worse, improvement, difference, pValue, decided } = pair;
  if (pValue === null) {
    return `${better} is ahead of ${worse} by ${number(difference.value)}, but one of them has a single run: that can be chance.`;
  }
  const chance = `P(improvement) ${withInterval(improvement)}, p = ${number(pValue)}`;
  return decided
    ? `${better} is better than ${worse}: its final return is higher by ${withInterval(difference)} (IQM); ${chance}.`
    : `${seeds} seeds can't tell ${better} and ${worse} apart: difference of final return ${withInterval(difference)} (IQM); ${chance}.`;
}

function curves({ pairs, seeds }: Omit<ReportData, 'verdict'>): string[] {
  if (seeds.length === 1 || pairs.curve.length === 0 || pairs.curve.length > SENTENCES) return [];
  const decided = pairs.curve.filter((pair) => pair.decided);
  const open = pairs.curve.length - decided.length;
  const told = decided.map(
    ({ better, worse, improvement }) =>
      `${better} is better than ${worse} (P(improvement) ${withInterval(improvement)})`,
  );
  const rest = open === 0 ? [] : [`${open} of ${pairs.curve.length} pairs can't be told apart`];
  return [`Over the whole curve: ${[...told, ...rest].join('; ')}.`];
}

function kls({ kind, configs, calibration }: Omit<ReportData, 'verdict'>): string[] {
  const known = configs.flatMap(({ label, kl }) => (kl === null ? [] : [{ label, mean: kl.mean }]));
  if (kind === 'sweep' || known.length < 2 || calibration !== null) return [];
  const [least, ...others] = known.sort((a, b) => a.mean - b.mean);
  const most = others[others.length - 1];
  if (most.mean <= KL_RATIO * least.mean) return [];
  return [
    `They don't move equally far: mean KL per update is ${number(most.mean)} for ${most.label} and ${number(least.mean)} for ${least.label}; --match-kl compares at equal KL.`,
  ];
}

function unevenSteps({ configs }: Omit<ReportData, 'verdict'>): string[] {
  const steps = new Set(configs.map(({ config }) => config.steps));
  if (steps.size === 1) return [];
  return ['They are trained for different numbers of steps; --steps makes them equal.'];
}

function calibrations({ calibration }: Omit<ReportData, 'verdict'>): string[] {
  if (calibration === null) return [];
  const { target, tolerance, configs } = calibration;
  const isOff = (kl: number | null): boolean => kl === null || Math.abs(kl - target) > tolerance * target;
  const off = configs.filter(({ reached, klMeanCompared }) => !reached || isOff(klMeanCompared));
  if (off.length === 0)
    return [`All were compared at a mean KL of ${number(target)} per update, within ${100 * tolerance}%.`];
  return off.map(({ label, reason, klMeanCompared }) => {
    const got = klMeanCompared === null ? 'no run to measure' : `${number(klMeanCompared)} in the comparison`;
    return `${label} is not at the KL asked for (${number(target)}): ${got}${reason ? `; ${reason}` : ''}.`;
  });
}

/** 12.3 [10.1, 14.9]; without the interval where there is none. */
export function withInterval({ value, low, high }: Estimate): string {
  return low === null || high === null ? number(value) : `${number(value)} [${number(low)}, ${number(high)}]`;
}

/** Three significant digits; whole numbers from 1000 on. */
function number(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  return String(size >= 1000 && size < 1e9 ? Math.round(value) : Number(value.toPrecision(3)));
}
