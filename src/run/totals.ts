import { RunningMean } from '../elementary/mean.ts';
import { heldKl, type MetricsRow } from '../row/metrics.ts';
import { isInLastTenth } from './last-tenth.ts';
import type { RunFinal } from './record.ts';

/** Sums and means over the rows of a run. */
export class Totals {
  updates = 0;
  private steps = 0;
  private episodes = 0;
  private readonly lateReturns = new RunningMean();
  private readonly kl = new RunningMean();
  private largestKl = 0;
  private outside = 0;
  private readonly outsideProjection = new RunningMean();
  private planned = 0;
  private applied = 0;
  private last: MetricsRow | undefined;
  private readonly updatesPlanned: number;

  /** @param begun where the rows begin: after those of a run that this one is a branch of */
  constructor(updatesPlanned: number, begun = { updates: 0, steps: 0 }) {
    this.updatesPlanned = updatesPlanned;
    ({ updates: this.updates, steps: this.steps } = begun);
  }

  add(row: MetricsRow): void {
    this.updates = row.update;
    this.steps = row.steps;
    this.episodes += row.episodes;
    if (isInLastTenth(row.update, this.updatesPlanned) && row.returnMean !== null) {
      this.lateReturns.add(row.returnMean, row.episodes);
    }
    this.kl.add(row.klOldNewMean);
    this.largestKl = Math.max(this.largestKl, heldKl(row));
    if (row.deltaViolated) this.outside += 1;
    if (row.statesOutsideProjection !== undefined) this.outsideProjection.add(row.statesOutsideProjection);
    this.planned += row.gradientStepsPlanned;
    this.applied += row.gradientStepsApplied;
    this.last = row;
  }

  counts(): { updates: number; steps: number; episodes: number } {
    return { updates: this.updates, steps: this.steps, episodes: this.episodes };
  }

  final(): RunFinal {
    return {
      returnMeanLastTenth: this.lateReturns.weight === 0 ? null : this.lateReturns.value,
      klOldNewMean: this.kl.value,
      klOldNewMax: this.largestKl,
      updatesOutsideDelta: this.outside,
      ...(this.outsideProjection.weight > 0 && { statesOutsideProjection: this.outsideProjection.value }),
      gradientStepsPlanned: this.planned,
      gradientStepsApplied: this.applied,
    };
  }

  lastGood(): string {
    if (!this.last) return 'no update was completed';
    const { update, returnMean, klOldNewMean, gradientNorm } = this.last;
    return `last good: update ${update}, return ${returnMean ?? 'none'}, KL ${klOldNewMean.toPrecision(4)}, gradient norm ${gradientNorm.toPrecision(4)}`;
  }
}
