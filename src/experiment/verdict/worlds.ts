import { offTarget } from '../kl-target.ts';
import type { Estimate } from '../report-data.ts';
import { type Figures, SENTENCES, withInterval } from './words.ts';

/** Over all worlds of a study: the highest normalised IQM, against each other method. */
export function across({ across: found, calibration }: Figures): string[] {
  if (found === null) return [];
  const off = offTarget(calibration);
  const isAtKl = ({ method }: { readonly method: string }): boolean =>
    found.worlds.every(({ world }) => !off.has(`${method}.${world}`));
  const atKl = found.methods.filter(isAtKl);
  if (atKl.length < 2 && off.size > 0) return [];
  const ranked = atKl.toSorted(
    (a, b) => (b.iqm.value ?? -Number.MAX_VALUE) - (a.iqm.value ?? -Number.MAX_VALUE),
  );
  const [best, ...others] = ranked;
  const told = others.slice(0, SENTENCES).map((other) => {
    const forwards = found.improvements.find(
      (each) => each.method === best.method && each.over === other.method,
    );
    const backwards = found.improvements.find(
      (each) => each.method === other.method && each.over === best.method,
    );
    const improvement = forwards?.improvement ?? reversed(backwards?.improvement as Estimate);
    return `${withInterval(improvement)} over ${other.method}`;
  });
  return [
    `Over ${found.worlds.length} worlds ${off.size === 0 ? '' : 'and of the methods that are at the KL asked for in each '}${best.method} has the highest IQM of normalised returns, ${withInterval(best.iqm)}, and mean rank ${withInterval(best.rank)} of ${found.methods.length}; its P(improvement), mean over worlds, is ${told.join(', ')}. These intervals are over the runs, not over worlds, and each is by itself: no family's error is kept.`,
  ];
}

/** P(Y > X) of P(X > Y). */
function reversed({ value, low, high }: Estimate): Estimate {
  const less = (each: number | null): number | null => (each === null ? null : 1 - each);
  return { value: less(value), low: less(high), high: less(low) };
}
