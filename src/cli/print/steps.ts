import { klOf, type StepPoint } from '../../train/step-truth.ts';
import { klAt, promiseAndTruth, type TrueSteps } from '../policy/true-steps.ts';
import { paint } from './print.ts';
import { nats } from '../../elementary/nats.ts';
import { quantity } from './quantities.ts';
import { plainTable } from './table.ts';

/** Rows of the table. */
const ROWS = 8;

/** What is true of steps from a policy, and where the surrogate stops being trustworthy. */
export function describeSteps(steps: TrueSteps): string[] {
  const { policy, towards, environment, gamma, points, klOfOne, delta, trust } = steps;
  const one = towards === null ? `a mean KL of δ = ${quantity(delta)}` : `a mean KL of ${nats(klOfOne)}`;
  const along = towards === null ? 'the exact gradient of the surrogate' : `the way to ${towards}`;
  const longest = points[points.length - 1].size;
  const shown = Array.from({ length: ROWS }, (_, i) => nearest(points, (longest * (i + 1)) / ROWS));
  const rows = shown.map((point) => {
    const { promise, truth } = promiseAndTruth(point);
    return [
      quantity(point.size),
      nats(klOf(point)),
      quantity(promise),
      quantity(truth),
      !(promise > 0) ? '–' : `${quantity((100 * truth) / promise)}%`,
      quantity(point.boundMeanKl),
      quantity(point.boundMaxKl),
    ];
  });
  const place = (size: number | null): string =>
    size === null ? '' : ` from a step of ${quantity(size)}, mean KL ${nats(klAt(steps, size))}`;
  const upTo = ` up to ${quantity(longest)}`;
  const lines: [string, string][] = [
    [
      'bound',
      gamma === 1
        ? 'γ is 1: there is none; all is undiscounted, within the time limit'
        : trust.guaranteed === null
          ? `promises nothing, from the first step of ${quantity(points[1]?.size ?? 0)} on`
          : `promises an improvement up to a step of ${quantity(trust.guaranteed)}, mean KL ${nats(klAt(steps, trust.guaranteed))}`,
    ],
    [
      'half',
      trust.half === null
        ? `no step${upTo} keeps less than half its promise`
        : `of the promise is not kept${place(trust.half)}`,
    ],
    ['best', `step ${quantity(trust.best)}, mean KL ${nats(klAt(steps, trust.best))}`],
    [
      'worse',
      trust.worse === null
        ? `no step${upTo} makes the policy worse`
        : `than before, against the promise,${place(trust.worse)}`,
    ],
  ];
  return [
    `${paint('bold', environment)}, ${policy}: steps along ${along}; a step of 1 has ${one}`,
    plainTable(['step', 'mean KL', 'promise', 'truth', 'kept', 'bound, mean KL', 'bound, max KL'], rows, {
      left: 0,
    }),
    ...lines.map(([label, text]) => `${paint('dim', label.padEnd(9))}${text}`),
  ];
}

function nearest(points: readonly StepPoint[], size: number): StepPoint {
  return points.reduce((best, each) =>
    Math.abs(each.size - size) < Math.abs(best.size - size) ? each : best,
  );
}
