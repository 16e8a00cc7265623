import './without-eval.ts';
import { nats } from '../../elementary/nats.ts';
import { make } from '../elements.ts';
import { Link } from '../link.ts';
import { BarsChart } from './bars-chart.ts';
import { driftFigure } from './drift-figure.ts';
import { fitFigure, type GivenFit } from './fit-figure.ts';
import { accountOfPair, addressOfPair, pairOf, withProbability } from './pair.ts';
import { SharesChart } from './shares-chart.ts';
import { softmaxFigure } from './softmax-figure.ts';
import type { TutorialFigure } from './tutorial-figure.ts';

/*
 * What runs in the tutorial's page: makes its pictures live, in their places. Without it the page is text and pictures.
 */
for (const figure of document.querySelectorAll<HTMLElement>('figure[data-pair]'))
  makeLive(figure, pairFigure(figure));
for (const figure of document.querySelectorAll<HTMLElement>('figure[data-softmax]'))
  makeLive(figure, softmaxFigure());
for (const figure of document.querySelectorAll<HTMLElement>('figure[data-drift]'))
  makeLive(figure, driftFigure(), true);
for (const figure of document.querySelectorAll<HTMLElement>('figure[data-fit]')) void makeFit(figure);

/** @param keepsPicture whether it shows more than what is live below it */
function makeLive(figure: HTMLElement, { nodes, draw }: TutorialFigure, keepsPicture = false): void {
  const picture = figure.querySelector('img');
  picture?.after(...nodes);
  if (!keepsPicture) picture?.remove();
  const drawNow = (): void => draw(Math.max(260, figure.clientWidth));
  new ResizeObserver(drawNow).observe(figure);
  drawNow();
}

/** Where its file does not come the picture stays. */
async function makeFit(figure: HTMLElement): Promise<void> {
  const answer = await fetch(figure.dataset.fit as string).catch(() => undefined);
  if (answer?.ok) makeLive(figure, fitFigure((await answer.json()) as GivenFit));
}

/** Two distributions that are dragged, with what each outcome adds to both divergences. */
function pairFigure(figure: HTMLElement): TutorialFigure {
  const pair = pairOf(new Link(`#${figure.dataset.pair}`), []);
  const link = figure.querySelector('a');
  const told = make('p', 'muted');
  const shares = new SharesChart();
  let width = 0;
  const chart = new BarsChart(pair, (name, at, value) => {
    pair[name] = withProbability(pair[name], at, value);
    draw();
  });
  const draw = (): void => {
    const { found, parts } = accountOfPair(pair);
    chart.draw(width);
    shares.draw(width, parts);
    told.textContent = `Blue P, amber Q; below, what each adds. KL(P‖Q) ${nats(found.klPQ)}, KL(Q‖P) ${nats(found.klQP)}. ${found.why}`;
    if (link !== null) link.href = `./#${new URLSearchParams({ view: 'kl', ...addressOfPair(pair) })}`;
  };
  return {
    nodes: [chart.node, shares.node, told],
    draw(now) {
      width = now;
      draw();
    },
  };
}
