import { findings } from '../rlhf/page.ts';
import type { RlhfStory } from '../rlhf/story.ts';
import { describeFrontier } from './frontier.ts';
import { paint } from './print.ts';
import { plainTable } from './table.ts';

/** What was measured: where the runs ended, and what base, well-tuned and over-tuned policy say. */
export function describeStory(story: RlhfStory): string[] {
  const { prompt, answers, distributions } = story;
  const rows = distributions.map(({ name, beta, probabilities }) => [
    name,
    beta === null ? '–' : String(beta),
    ...probabilities.map((value) => `${(100 * value).toFixed(1)}%`),
  ]);
  return [
    ...describeFrontier(story.frontier),
    '',
    paint('bold', `“${prompt} …”`),
    plainTable(['policy', 'β', ...answers], rows, { left: 1 }),
    '',
    ...findings(story),
  ];
}
