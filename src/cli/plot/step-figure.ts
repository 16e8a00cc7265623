import type { Figure, Line, Panel } from '../../plot/figure.ts';
import { klOf } from '../../train/step-truth.ts';
import { promiseAndTruth, type TrueSteps } from '../policy/true-steps.ts';
import { nats } from '../../elementary/nats.ts';
import { quantity } from '../print/quantities.ts';

/** Promise against truth by the size of the step, how much of it is kept, and how far the step goes. */
export function stepFigure(steps: TrueSteps): Figure {
  const { points, policy, towards, environment, gamma, delta, klOfOne, trust } = steps;
  const x = points.map(({ size }) => size);
  const values = points.map(promiseAndTruth);
  const panel = (
    title: string,
    unit: string,
    curves: readonly (readonly [string, readonly (number | null)[]])[],
    bounds: Panel['bounds'] = [],
  ): Panel => ({
    ...{ title, unit, bounds, violations: [], reasons: [] },
    columns: curves.length > 1 ? curves.map(([label]) => label) : [],
    lines: curves.map(([, y], column) => lineOf(x.slice(0, y.length), y, column)),
  });
  const promises = values.map(({ promise }) => promise);
  const truths = values.map(({ truth }) => truth);
  // The bound falls out of any larger picture at once.
  const near = points.filter(
    ({ size }) => trust.guaranteed !== null && size <= 1.2 * trust.guaranteed,
  ).length;
  const bounded = panel('where a bound guarantees an improvement', '', [
    ['promise', promises.slice(0, near)],
    ['truth', truths.slice(0, near)],
    ['bound in the mean KL', points.slice(0, near).map(({ boundMeanKl }) => boundMeanKl)],
  ]);
  return {
    title: `${environment}: what the surrogate promises, and what is true`,
    subtitle: `${policy}, along ${towards === null ? 'the exact gradient of the surrogate' : `the way to ${towards}`}`,
    xLabel:
      towards === null
        ? `step, 1 has a mean KL of δ = ${quantity(delta)}`
        : `step, 1 has a mean KL of ${nats(klOfOne)}`,
    logY: false,
    groups: [
      {
        label:
          gamma === 1
            ? 'undiscounted, within the time limit'
            : `γ = ${quantity(gamma)}, without a time limit`,
        remark: '',
        hue: 0,
      },
    ],
    panels: [
      panel('improvement', '', [
        ['promise', promises],
        ['truth', truths],
      ]),
      panel(
        'KL(π_old‖π_new)',
        'nats',
        [
          ['mean over the true visitation', points.map(klOf)],
          ['maximum of all states', points.map(({ klOldNewStateMax }) => klOldNewStateMax)],
        ],
        [{ groups: [0], x: [x[0], x[x.length - 1]], y: [delta, delta] }],
      ),
      panel('kept of the promise', '', [
        [
          'kept',
          values.map(({ promise, truth }) =>
            // What is far below nothing hides where it comes from.
            promise > 0 && truth >= -promise ? truth / promise : null,
          ),
        ],
      ]),
      ...(near > 1 ? [{ ...bounded, isCloseUp: true }] : []),
    ],
    notes: [trustInWords(trust)],
  };
}

function lineOf(x: readonly number[], y: readonly (number | null)[], column: number): Line {
  return {
    ...{ group: 0, column, role: 'middle', x, y, low: [], high: [], gaps: [] },
    completeUntil: x.length,
    isGrowing: false,
  };
}

function trustInWords({ half, best, worse }: TrueSteps['trust']): string {
  const parts = [
    half === null
      ? 'No step keeps less than half of its promise'
      : `Less than half of the promise is kept from step ${quantity(half)} on`,
    `step ${quantity(best)} improves most`,
    worse === null
      ? 'none makes the policy worse'
      : `from step ${quantity(worse)} on the policy is worse than before`,
  ];
  return `${parts.join('; ')}.`;
}
