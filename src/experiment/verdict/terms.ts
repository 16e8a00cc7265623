import { offTarget, targetInWords } from '../kl-target.ts';
import { type OnTask, sharesEnvironment } from '../pairs.ts';
import type { ReportData } from '../report-data.ts';
import { type Figures, listed, number } from './words.ts';

/** Factor between the least and the greatest mean KL beyond which a comparison is not one at equal KL. */
const KL_RATIO = 1.25;

/** Who moves farther than who, where nobody asked for equal KL. */
export function kls({ kind, configs, calibration }: Figures): string[] {
  if (kind === 'sweep' || calibration !== null) return [];
  const known = configs.flatMap(({ label, config, module, kl }) =>
    kl === null ? [] : [{ label, config, module, mean: kl.mean }],
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

/** Whether they are trained for as long. */
export function unevenSteps({ configs }: Figures): string[] {
  const isUneven = byEnvironment(configs).some(
    (group) => new Set(group.map(({ config }) => config.steps)).size > 1,
  );
  return isUneven ? ['They are trained for different numbers of steps; --steps makes them equal.'] : [];
}

/** Configs by what they are trained on. */
function byEnvironment<Each extends OnTask>(configs: readonly Each[]): Each[][] {
  const groups: Each[][] = [];
  for (const each of configs) {
    const group = groups.find(([first]) => sharesEnvironment(first, each));
    if (group === undefined) groups.push([each]);
    else group.push(each);
  }
  return groups;
}

/** Configs that are not at the KL asked for and therefore in no pair. */
export function leftOut({
  calibration,
  pairs,
}: Pick<ReportData, 'calibration' | 'pairs'>): ReadonlySet<string> {
  const compared = new Set(pairs.final.flatMap(({ better, worse }) => [better, worse]));
  return new Set([...offTarget(calibration)].filter((label) => !compared.has(label)));
}

/** What came of bringing all to one KL. */
export function calibrations(data: Figures): string[] {
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
