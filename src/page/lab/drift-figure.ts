import { kl } from '../../divergence/kl.ts';
import { nats } from '../../elementary/nats.ts';
import { make } from '../elements.ts';
import { P_COLOR, Q_COLOR } from './bars-chart.ts';
import { makeKnob } from './knob.ts';
import { ShownBars } from './shown-bars.ts';
import type { TutorialFigure } from './tutorial-figure.ts';
import { ANSWERS, bestAnswers, REFERENCE, REWARD } from './tutorial-numbers.ts';

const RANGE = { least: 0.05, most: 10, isLogarithmic: true };
const START = 0.43;

/** The base model and the best policy at a β that is turned. */
export function driftFigure(): TutorialFigure {
  const bars = new ShownBars('probability of each answer, of the base model and of the best policy');
  const told = make('p', 'muted');
  let beta = START;
  let width = 0;
  const draw = (): void => {
    const best = bestAnswers(beta);
    bars.draw(width, ANSWERS, [
      { color: P_COLOR, probabilities: REFERENCE },
      { color: Q_COLOR, probabilities: best },
    ]);
    const reward = best.reduce((sum, p, i) => sum + p * (REWARD[i] as number), 0);
    told.textContent = `Blue the base model, amber the best policy at β = ${beta}: KL(π*‖π_ref) ${nats(kl(best, REFERENCE))} nats, mean reward ${reward.toFixed(3)}.`;
  };
  const knob = makeKnob('β', RANGE, beta, (turned) => {
    beta = turned;
    draw();
  });
  return {
    nodes: [bars.node, knob, told],
    draw(now) {
      width = now;
      draw();
    },
  };
}
