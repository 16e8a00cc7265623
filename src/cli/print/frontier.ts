import { thousands } from '../../elementary/thousands.ts';
import type { Place } from '../../train/answers.ts';
import type { RunOnFrontier, TokenFrontier } from '../policy/token-frontier.ts';
import { paint } from './print.ts';
import { nats } from '../../elementary/nats.ts';
import { quantity } from './quantities.ts';
import { plainTable } from './table.ts';

/** Where each run ended, and the optimum of its β. */
export function describeFrontier({
  environment,
  prompts,
  answers,
  reference,
  runs,
}: TokenFrontier): string[] {
  const hasTruth = reference.trueReward !== null;
  const head = ['policy', 'kept', 'KL(π‖π_ref)', 'reward', ...(hasTruth ? ['true reward'] : []), 'KL(π‖π*)'];
  const row = (name: string, kept: string, place: Place, distance: string): string[] => [
    name,
    kept,
    nats(place.klPolicyReference),
    quantity(place.reward),
    ...(hasTruth ? [quantity(place.trueReward)] : []),
    distance,
  ];
  const rows = [
    row('π_ref', '', reference, ''),
    ...runs.flatMap(({ label, beta, places, optimum, rest }) => {
      const last = places[places.length - 1];
      const own = row(
        label,
        String(places.length),
        last,
        last.klPolicyOptimum === null ? '–' : nats(last.klPolicyOptimum),
      );
      return [
        own,
        ...(rest === null ? [] : [row('  token level', '', rest, nats(rest.klPolicyOptimum))]),
        ...(optimum === null ? [] : [row(`  π* of β ${beta}`, '', optimum, '0')]),
      ];
    }),
  ];
  const count = `${thousands(answers)} answers to ${prompts === 1 ? 'one prompt' : `each of ${prompts} prompts`}`;
  return [
    `${paint('bold', environment)}, ${count}, everything exact`,
    plainTable(head, rows, { left: 1 }),
    ...runs.flatMap(({ label, rest }) =>
      rest === null
        ? []
        : [
            `${paint('dim', 'rest     ')}${label}: KL ${nats(rest.klPolicyRest)} from where a token-level loss comes to rest, which is KL ${nats(rest.klPolicyOptimum)} from π*`,
          ],
    ),
    ...(hasTruth ? runs.flatMap(turnInWords) : []),
  ];
}

/** Where the true reward of a run was greatest, if it fell as the run went on away from the reference. */
function turnInWords({ label, places }: RunOnFrontier): string[] {
  const best = places.reduce((most, each) => ((each.trueReward ?? 0) > (most.trueReward ?? 0) ? each : most));
  const last = places[places.length - 1];
  const lost = (best.trueReward ?? 0) - (last.trueReward ?? 0);
  if (!(lost > LOST && last.klPolicyReference > best.klPolicyReference)) return [];
  return [
    `${paint('dim', 'too far  ')}${label}: true reward ${quantity(best.trueReward)} after update ${best.update}, at KL ${nats(best.klPolicyReference)}; then down to ${quantity(last.trueReward)}`,
  ];
}

/** A fall of the true reward that is worth a line. */
const LOST = 0.02;
