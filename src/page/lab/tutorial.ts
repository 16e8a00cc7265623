import './without-eval.ts';
import { nats } from '../../elementary/nats.ts';
import { make } from '../elements.ts';
import { Link } from '../link.ts';
import { BarsChart } from './bars-chart.ts';
import { accountOfPair, addressOfPair, pairOf, withProbability } from './pair.ts';
import { SharesChart } from './shares-chart.ts';

/*
 * What runs in the tutorial's page: makes its pictures of two distributions live, in their places. Without it the page is text and
 * pictures.
 */
for (const figure of document.querySelectorAll<HTMLElement>('figure[data-live]')) makeLive(figure);

function makeLive(figure: HTMLElement): void {
  const problems: string[] = [];
  const pair = pairOf(new Link(`#${figure.dataset.live}`), problems);
  const link = figure.querySelector('a');
  const told = make('p', 'muted');
  const shares = new SharesChart();
  const chart = new BarsChart(pair, (name, at, value) => {
    pair[name] = withProbability(pair[name], at, value);
    draw();
  });
  const draw = (): void => {
    const { found, parts } = accountOfPair(pair);
    const width = Math.max(260, figure.clientWidth);
    chart.draw(width);
    shares.draw(width, parts);
    told.textContent = `Blue P, amber Q; below, what each adds. KL(P‖Q) ${nats(found.klPQ)}, KL(Q‖P) ${nats(found.klQP)}. ${found.why}`;
    if (link !== null) link.href = `./#${new URLSearchParams({ view: 'kl', ...addressOfPair(pair) })}`;
  };
  figure.querySelector('img')?.replaceWith(chart.node, shares.node, told);
  new ResizeObserver(draw).observe(figure);
  draw();
}
