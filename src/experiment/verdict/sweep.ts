import { counted, thousands } from '../../elementary/thousands.ts';
import { outsideInWords } from './leash.ts';
import { together } from './same.ts';
import { despiteFailures, type Figures, listed } from './words.ts';

/** How many of the points asked for are distinct, where some are not. */
export function distinctPoints({ sweep }: Figures): string[] {
  if (sweep === null || sweep.asked === sweep.points.length) return [];
  const [distinct, asked] = [sweep.points.length, sweep.asked].map(thousands);
  return [`${distinct} of ${asked} points are distinct; configs that are equal were trained once.`];
}

/** Points that tie where a rung of a sweep was to be cut, and what became of them. */
export function tiesAtCuts({ sweep }: Figures): string[] {
  return (sweep?.rungs ?? []).flatMap(({ steps, tie }, i) => {
    if (tie === null) return [];
    const { toGoOn, labels, failedOrStuck, goOn } = tie;
    const what = `After rung ${i + 1} (${counted(steps, 'step')}) ${counted(toGoOn, 'point')} ${toGoOn === 1 ? 'was' : 'were'} to go on, and ${together(labels)} tie at that cut`;
    const why = failedOrStuck ? ', more than a quarter of the runs of each failed or stuck' : '';
    return [`${what}${why}: ${goOn ? 'all' : 'none'} of them went on.`];
  });
}

/** Whether the best point of a sweep kept to δ, and which others are as good; or why there is none. */
export function bestOfSweep({ sweep, configs }: Figures): string[] {
  if (sweep === null) return [];
  const best = configs.find(({ label }) => label === sweep.best);
  if (best === undefined) return [`No best point: ${sweep.withoutBest}.`];
  const ties = sweep.tiedWithBest;
  const tied = ties.length === 0 ? '' : ` and ties with ${listed(ties)}`;
  if (best.kl === null || best.kl.outsideDelta === 0)
    return [`Best point: ${best.label}; it never left δ${despiteFailures(best)}${tied}.`];
  return [`Best point: ${best.label}; it left δ in ${outsideInWords(best, best.kl)}${tied}.`];
}
