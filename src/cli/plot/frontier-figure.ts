import type { Figure, Line, Panel } from '../../plot/figure.ts';
import type { Place } from '../../train/answers.ts';
import type { TokenFrontier } from '../policy/token-frontier.ts';
import { nats } from '../../elementary/nats.ts';
import { quantity } from '../print/quantities.ts';

/** Reward against KL(π‖π_ref): the exact frontier, and every policy that each run kept. */
export function frontierFigure(
  found: TokenFrontier,
  title = `${found.environment}: reward against drift`,
): Figure {
  const { runs, frontier, reference, prompts, answers } = found;
  const optima = [reference, ...frontier];
  const panelOf = (name: string, figureOf: (place: Place) => number | null): Panel => ({
    ...{ title: name, unit: '', columns: [], bounds: [], violations: [], reasons: [] },
    lines: [
      lineOf(0, optima, figureOf),
      ...runs.map(({ places }, i) => ({ ...lineOf(i + 1, places, figureOf), isPath: true as const })),
    ],
  });
  const hasTruth = reference.trueReward !== null;
  return {
    title,
    subtitle: `exact, of all ${answers} answers to ${prompts === 1 ? 'the prompt' : `each of ${prompts} prompts`}; a dot is a policy that a run kept`,
    xLabel: 'KL(π‖π_ref), nats',
    logY: false,
    groups: [
      { label: 'π*: the optimum of each β', remark: '', hue: runs.length === 0 ? 0 : INK },
      ...runs.map(({ label }, i) => ({ label, remark: '', hue: runHue(i) })),
    ],
    panels: [
      panelOf(hasTruth ? 'reward that is paid' : 'reward', ({ reward }) => reward),
      ...(hasTruth ? [panelOf('true reward', ({ trueReward }) => trueReward)] : []),
    ],
    notes: hasTruth ? [bestInWords(optima)] : [],
  };
}

/** The hue that is the ink in both themes, of the frontier. */
const INK = 6;

/** The hue of a run, by its place among the others. */
export function runHue(index: number): number {
  return index < INK ? index : index + 1;
}

function bestInWords(optima: readonly Place[]): string {
  const best = optima.reduce((most, each) => ((each.trueReward ?? 0) > (most.trueReward ?? 0) ? each : most));
  return `Along π* the true reward is greatest at KL ${nats(best.klPolicyReference)}: ${quantity(best.trueReward)}.`;
}

function lineOf(group: number, places: readonly Place[], figureOf: (place: Place) => number | null): Line {
  return {
    ...{ group, column: 0, role: 'middle', low: [], high: [], gaps: [] },
    x: places.map(({ klPolicyReference }) => klPolicyReference),
    y: places.map(figureOf),
    completeUntil: places.length,
    isGrowing: false,
  };
}
