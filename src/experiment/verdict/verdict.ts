import { errors, looks, noSpread } from './chance.ts';
import { leavers } from './leash.ts';
import { noWorse } from './margin.ts';
import { alone, comparison, curves } from './returns.ts';
import { bestOfSweep, distinctPoints, tiesAtCuts } from './sweep.ts';
import { calibrations, kls, unevenSteps } from './terms.ts';
import { completedOf, type Figures } from './words.ts';
import { across } from './worlds.ts';

/** What the figures support, in words, and what they don't. */
export function verdictOf(data: Figures): string[] {
  return [
    ...failures(data),
    ...stuckRuns(data),
    ...noSpread(data),
    ...(data.configs.length === 1 ? alone(data.configs[0]) : comparison(data)),
    ...curves(data),
    ...noWorse(data),
    ...across(data),
    ...looks(data),
    ...errors(data),
    ...distinctPoints(data),
    ...tiesAtCuts(data),
    ...bestOfSweep(data),
    ...leavers(data),
    ...kls(data),
    ...unevenSteps(data),
    ...calibrations(data),
  ];
}

function failures({ configs }: Figures): string[] {
  return configs.flatMap(({ label, runs }) => {
    const failed = runs.filter(({ status }) => status !== 'completed');
    if (failed.length === 0) return [];
    const seeds = failed.map(({ seed }) => seed).join(', ');
    const first = failed.find(({ failure }) => failure !== null)?.failure?.split('\n')[0];
    const rest =
      failed.length === runs.length
        ? 'it has no figures'
        : `its figures are of the other ${runs.length - failed.length} and look better than they are`;
    return [
      `${label}: ${failed.length} of ${runs.length} runs failed (seed ${seeds}${first ? `: ${first}` : ''}); ${rest}.`,
    ];
  });
}

function stuckRuns({ configs }: Figures): string[] {
  return configs
    .filter(({ stuck }) => stuck.length > 0)
    .map((config) => {
      const completed = completedOf(config);
      const which =
        config.stuck.length === completed
          ? `all ${completed} completed runs are stuck`
          : `${config.stuck.length} of ${completed} completed runs are stuck (seed ${config.stuck.join(', ')})`;
      return `${config.label}: ${which}: no episode ended in their last tenth; they rank below every other run.`;
    });
}
