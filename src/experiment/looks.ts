import type { Judgement, PairReport, ReportData } from './report-data.ts';
import { UserError } from '../user-error.ts';

/** Groups of seeds that are added one after the other, until every pair of configs is decided or hopeless. */
export interface Looks {
  /** All that there may be; each group has as many as the first. */
  readonly seeds: readonly number[];
  /** Seeds by each look, ascending. */
  readonly sizes: readonly number[];
}

/** More would spend too little error at each. */
const MOST_LOOKS = 20;
const GREATEST_SEED = 2 ** 32 - 1;

/** A chance of being decided below which a pair is hopeless. Lower keeps more power, higher saves more seeds. */
export const HOPELESS = 0.1;

/**
 * Groups as large as the first, the last one perhaps smaller; seeds after the first group's go on from its greatest.
 * @param first seeds of the first group
 * @param most seeds of all, at most
 * @throws UserError
 */
export function planLooks(first: readonly number[], most: number): Looks {
  const group = first.length;
  if (group < 2)
    throw new UserError(`--until-decided needs groups of at least 2 seeds, got --seeds of ${group}`);
  if (!(Number.isInteger(most) && most > group))
    throw new UserError(`--max-seeds must be a whole number above the ${group} of --seeds, got ${most}`);
  const looks = Math.ceil(most / group);
  if (looks > MOST_LOOKS)
    throw new UserError(
      `--max-seeds ${most} in groups of ${group} would be ${looks} looks, at most ${MOST_LOOKS}: say more --seeds or fewer --max-seeds`,
    );
  const greatest = Math.max(...first);
  if (greatest + most - group > GREATEST_SEED)
    throw new UserError(
      `--max-seeds ${most} from seed ${greatest} on ends beyond the greatest seed, ${GREATEST_SEED}`,
    );
  const added = Array.from({ length: most - group }, (_, i) => greatest + 1 + i);
  const sizes = Array.from({ length: looks }, (_, look) => Math.min(most, (look + 1) * group));
  return { seeds: [...first, ...added], sizes };
}

/** Labels of the configs that get another group: those of a pair that is neither decided nor hopeless. */
export function labelsToContinue({ pairs }: Pick<ReportData, 'pairs'>): Set<string> {
  const isHopeful = ({ chance }: Judgement): boolean => chance !== null && chance >= HOPELESS;
  const isOpen = (pair: PairReport, other: PairReport | undefined): boolean => {
    const { same, noWorse } = pair;
    // What is the same in every seed stays so; a difference at the end is what was asked first of all.
    if (same?.isEverySeed || pair.decided) return false;
    const tests = [
      pair,
      ...(other?.decided === false ? [other] : []),
      ...(noWorse ? Object.values(noWorse) : []),
    ];
    return tests.some(isHopeful);
  };
  const open = pairs.final.filter((pair) =>
    isOpen(
      pair,
      pairs.curve.find(({ better, worse }) =>
        [pair.better, pair.worse].every((label) => label === better || label === worse),
      ),
    ),
  );
  return new Set(open.flatMap(({ better, worse }) => [better, worse]));
}
