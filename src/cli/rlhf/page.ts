import { type BarChart, barChart } from '../../plot/bars.ts';
import type { Figure } from '../../plot/figure.ts';
import { cell, table } from '../../plot/html-table.ts';
import { PAGE_COLORS } from '../../plot/page-style.ts';
import type { Theme } from '../../plot/palette.ts';
import { curvesSection, renderPage, THEME_BUTTON } from '../../plot/render-page.ts';
import { escapeXml } from '../../plot/svg.ts';
import type { Place } from '../../train/answers.ts';
import { nats } from '../../elementary/nats.ts';
import { quantity } from '../print/quantities.ts';
import { endOf, type RlhfStory } from './story.ts';

/** What of a theme bars are drawn with. */
type BarColors = Pick<Theme, 'background' | 'ink' | 'muted' | 'series'>;

/** Blue, green and vermilion: as it was, as it should be, too far. */
const HUES = [0, 2, 1] as const;

/** The answers of base, well-tuned and over-tuned policy, side by side. */
export function answerBars(
  { prompt, answers, distributions }: RlhfStory,
  colors: BarColors,
  width: number,
): string {
  const chart: BarChart = {
    title: `“${prompt} …”`,
    labels: answers,
    series: distributions.map(({ name, beta, probabilities }, i) => ({
      name: beta === null ? name : `${name}, β ${beta}`,
      color: colors.series[HUES[i]],
      values: probabilities,
    })),
    format: (value) => (value < 0.005 ? '<1%' : `${Math.round(100 * value)}%`),
  };
  return barChart(chart, colors, width);
}

/** Pixels: as wide as a telephone shows them with letters that can be read. */
const NARROW = 480;

/** `index.html`: the whole story in one file. @param training curves of the runs @param command that repeats it */
export function rlhfPage(story: RlhfStory, frontier: Figure, training: Figure, command: string): string {
  const title = 'A reward model, optimised too far';
  const body = [
    `<header><h1>${title}</h1>${THEME_BUTTON}</header>`,
    `<p>${escapeXml(introduction(story))}</p>`,
    `<div class="verdict"><ul>${findings(story)
      .map((each) => `<li>${escapeXml(each)}</li>`)
      .join('')}</ul></div>`,
    section('What it says', `<div class="bars">${answerBars(story, PAGE_COLORS, NARROW)}</div>`),
    section('Reward against drift', curvesSection(frontier)),
    section('Where the runs ended', endsTable(story)),
    section('In the course of training', curvesSection(training)),
    section(
      'Run it again',
      `<div class="command"><pre>${escapeXml(command)}</pre><button type="button" class="copy">copy</button></div>`,
    ),
  ];
  return renderPage(`${title} – leash rlhf`, body.join('\n'));
}

function section(title: string, content: string): string {
  return `<h2>${escapeXml(title)}</h2>\n${content}`;
}

function introduction({ frontier: { runs, answers, prompts } }: RlhfStory): string {
  return `${runs.length} runs of one fine-tuning against a reward that was learned from preferences, each held near the base model π_ref by a price of β on every nat of KL(π‖π_ref). With ${answers} answers to ${prompts === 1 ? 'the prompt' : `each of ${prompts} prompts`} nothing is estimated: what the policies are paid, what their answers are really worth, and the best that each β allows, π*(y) ∝ π_ref(y)·exp(r(y)/β), are summed over all of them.`;
}

/** What was measured, a sentence each. */
export function findings(story: RlhfStory): string[] {
  const { frontier, wellTuned, overTuned } = story;
  const { reference } = frontier;
  const [well, over] = [endOf(wellTuned), endOf(overTuned)];
  const place = ({ klPolicyReference, reward, trueReward }: Place): string =>
    `paid ${quantity(reward)}, really worth ${quantity(trueReward)}, at KL ${nats(klPolicyReference)}`;
  const best = overTuned.places.reduce((a, b) => ((b.trueReward ?? 0) > (a.trueReward ?? 0) ? b : a));
  const hasTurned = over.reward > best.reward && over.klPolicyReference > best.klPolicyReference;
  return [
    `The base model is paid ${quantity(reference.reward)} and really worth ${quantity(reference.trueReward)}.`,
    `Well tuned, ${wellTuned.label}: ${place(well)}.`,
    `Over-tuned, ${overTuned.label}: ${place(over)}.${hasTurned ? ` On its way it was worth ${quantity(best.trueReward)} at KL ${nats(best.klPolicyReference)}, after update ${best.update}; what it is paid went on rising.` : ''}`,
  ];
}

function endsTable({ frontier: { reference, runs } }: RlhfStory): string {
  const row = (name: string, place: Place, distance: number | null) => [
    cell(name, 'label'),
    cell(nats(place.klPolicyReference), 'number'),
    cell(quantity(place.reward), 'number'),
    cell(quantity(place.trueReward), 'number'),
    cell(distance === null ? '–' : nats(distance), 'number'),
  ];
  const rows = [
    row('π_ref, the base model', reference, null),
    ...runs.flatMap((run) => [
      row(run.label, endOf(run), endOf(run).klPolicyOptimum),
      ...(run.optimum === null ? [] : [row('π* of that β', run.optimum, 0)]),
    ]),
  ];
  return table(['policy', 'KL(π‖π_ref)', 'reward that is paid', 'true reward', 'KL(π‖π*)'], rows);
}
