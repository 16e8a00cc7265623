import { differingPaths } from '../differences.ts';
import type { ConfigReport, PairReport, SameRuns } from '../report-data.ts';

/*
 * Configs that came to the same: one sentence says so of all of them, and in the sentences on returns the first stands for
 * the others.
 */

/** Labels, and settings, that a sentence names. */
const NAMED = 6;
const NAMED_SETTINGS = 3;

/** a and b; a, b and c; a, b, c, d, e, f and 3 more */
export function together(labels: readonly string[]): string {
  const rest = labels.length - NAMED;
  const [shown, last] =
    rest > 0 ? [labels.slice(0, NAMED), `${rest} more`] : [labels.slice(0, -1), labels.at(-1) ?? ''];
  return shown.length === 0 ? last : `${shown.join(', ')} and ${last}`;
}

/** Pairs of configs none of which an earlier one stands for. */
export function withoutRepeats(
  pairs: readonly PairReport[],
  among: readonly PairReport[] = pairs,
): PairReport[] {
  const repeats = new Set(groupsOf(among).flatMap(({ labels }) => labels.slice(1)));
  return pairs.filter(({ better, worse }) => !repeats.has(better) && !repeats.has(worse));
}

/**
 * A sentence for each group of configs that are the same in every seed.
 * @param told pairs that sentences follow on
 */
export function sameInWords(
  pairs: readonly PairReport[],
  configs: readonly ConfigReport[],
  told: readonly PairReport[],
): string[] {
  return groupsOf(pairs).map(({ what, labels }) => {
    const [first] = labels;
    const isTold = told.some(({ better, worse }) => better === first || worse === first);
    const holds = `; what is said of the returns of ${first} holds for ${labels.length === 2 ? 'both' : 'all of them'}`;
    return `${together(labels)} ${
      what === 'returns'
        ? 'have the same returns in every seed, update by update, though not the same policies'
        : `are the same in every seed, update by update: ${settingsInWords(configs.filter(({ label }) => labels.includes(label)))}`
    }${isTold ? holds : ''}.`;
  });
}

function settingsInWords(configs: readonly ConfigReport[]): string {
  const paths = differingPaths(configs.map(({ config }) => config));
  const more = paths.length > NAMED_SETTINGS ? ` and ${paths.length - NAMED_SETTINGS} more` : '';
  return paths.length === 0
    ? 'no setting differs between them'
    : `what differs (${paths.slice(0, NAMED_SETTINGS).join(', ')}${more}) changed nothing`;
}

/** A sentence for each group of configs that made the same run in some of the seeds, the same ones. */
export function partlySameInWords(pairs: readonly PairReport[]): string[] {
  const partly = pairs.flatMap((pair) =>
    pair.same === null || pair.same.isEverySeed ? [] : [{ pair, seeds: pair.same.seeds.join(', ') }],
  );
  return [...new Set(partly.map(({ seeds }) => seeds))].flatMap((seeds) =>
    joined(partly.filter((each) => each.seeds === seeds).map(({ pair }) => pair)).map(
      (labels) => `In seed ${seeds} ${together(labels)} made the same run.`,
    ),
  );
}

/** Configs of which all pairs are the same in every seed. */
interface Group {
  readonly what: SameRuns['what'];
  /** In the order of the pairs. */
  readonly labels: readonly string[];
}

/** Those of the same runs, and of these, each once, those of the same returns. */
function groupsOf(pairs: readonly PairReport[]): Group[] {
  const by = (of: readonly PairReport[], what: SameRuns['what']): Group[] =>
    joined(of.filter(({ same }) => same?.isEverySeed && same.what === what)).map((labels) => ({
      what,
      labels,
    }));
  const runs = by(pairs, 'run');
  const repeats = new Set(runs.flatMap(({ labels }) => labels.slice(1)));
  const apart = pairs.filter(({ better, worse }) => !repeats.has(better) && !repeats.has(worse));
  return [...runs, ...by(apart, 'returns')];
}

/** Labels that pairs hold together, directly or by others. */
function joined(pairs: readonly PairReport[]): string[][] {
  return pairs.reduce<string[][]>((groups, { better, worse }) => {
    const isIn = (group: readonly string[]): boolean => group.includes(better) || group.includes(worse);
    const one = [...new Set([...groups.filter(isIn).flat(), better, worse])];
    return [...groups.filter((group) => !isIn(group)), one];
  }, []);
}
