import { oneLine } from '../../user-error.ts';
import { defineCommand } from '../command.ts';
import { pictureFlags, runsFlag } from '../shared-flags.ts';

/** Updates that a curve may be averaged over. */
const MOST_SMOOTHED = 1_000_000;

export const plotCommand = defineCommand({
  summary: 'curves of runs: return, KL against δ, clip fraction and entropy, or others',
  arguments: {
    RUN: { type: 'several', describe: 'a run, a folder of seeds or any folder above them' },
  },
  flags: {
    metric: {
      type: 'text',
      describe:
        'one panel a comma: kl,return,k1+k2,estimators,directions,stop,beta,lr,improvement or any column',
    },
    x: {
      type: 'text',
      values: ['steps', 'updates', 'time', 'gradient'],
      describe: 'steps (default), updates, time or gradient',
    },
    'group-by': { type: 'text', describe: 'config (default), seed or a config path' },
    smooth: { type: 'text', describe: 'average each run over N updates' },
    'log-y': { type: 'switch', describe: 'logarithmic y axes' },
    band: {
      type: 'text',
      values: ['iqm', 'mean', 'seeds'],
      describe: 'over seeds: iqm (default), mean or seeds',
    },
    ...pictureFlags,
    ...runsFlag,
    'across-environments': { type: 'switch', describe: 'allow runs of different environments' },
  },
  async run(given) {
    const { oneOf, wholeNumber } = await import('../flag-values.ts');
    const { pictureOf } = await import('../plot/picture.ts');
    const { plottedFigure } = await import('../plot/plotted-figure.ts');
    const { print } = await import('../print/print.ts');
    const { format, write } = pictureOf(given);
    const figure = plottedFigure(given.RUN, given.runs, {
      ...(given.x !== undefined && {
        abscissa: oneOf('x', given.x, ['steps', 'updates', 'time', 'gradient']),
      }),
      band: oneOf('band', given.band ?? 'iqm', ['iqm', 'mean', 'seeds']),
      smooth: wholeNumber('smooth', given.smooth ?? '1', 1, MOST_SMOOTHED),
      acrossEnvironments: given.acrossEnvironments ?? false,
      metrics: given.metric,
      groupBy: given.groupBy ?? 'config',
      logY: given.logY ?? false,
      withSeeds: format.withSeeds,
      points: format.points,
    });
    const file = await write(figure);
    if (file === undefined) return 0;
    print(file);
    for (const note of figure.notes) process.stderr.write(`${oneLine(note)}\n`);
    return 0;
  },
});
