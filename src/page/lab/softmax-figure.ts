import { softmax } from '../../divergence/softmax.ts';
import { make } from '../elements.ts';
import { P_COLOR } from './bars-chart.ts';
import { makeKnob } from './knob.ts';
import { ShownBars } from './shown-bars.ts';
import type { TutorialFigure } from './tutorial-figure.ts';
import { EXAMPLE_LOGITS } from './tutorial-numbers.ts';

const RANGE = { least: -10, most: 10 };

/** Softmax of four logits that are turned. */
export function softmaxFigure(): TutorialFigure {
  const logits: number[] = [...EXAMPLE_LOGITS];
  const bars = new ShownBars('probability of each logit');
  const told = make('p', 'muted');
  let width = 0;
  const draw = (): void => {
    const labels = logits.map((logit) => String(logit).replace('-', '−'));
    bars.draw(width, labels, [{ color: P_COLOR, probabilities: softmax(logits) }]);
    told.textContent = `softmax(${labels.join(', ')}): what is added to all logits changes nothing.`;
  };
  const knobs = make('div', 'knobs');
  knobs.append(
    ...logits.map((logit, at) =>
      makeKnob(`logit ${at + 1}`, RANGE, logit, (turned) => {
        logits[at] = turned;
        draw();
      }),
    ),
  );
  return {
    nodes: [bars.node, knobs, told],
    draw(now) {
      width = now;
      draw();
    },
  };
}
