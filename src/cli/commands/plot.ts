import { oneLine, UserError } from '../../user-error.ts';
import { defineCommand } from '../command.ts';
import { fontFlag, runsFlag } from '../shared-flags.ts';

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
    theme: { type: 'text', values: ['light', 'dark'], describe: 'light (default) or dark' },
    format: {
      type: 'text',
      values: ['svg', 'png', 'html', 'terminal'],
      describe: 'svg, png, html or terminal',
    },
    ...fontFlag,
    out: { type: 'text', describe: 'file; its ending tells the format' },
    ...runsFlag,
    'across-environments': { type: 'switch', describe: 'allow runs of different environments' },
  },
  async run(given) {
    const { requireWritable, writeOutput } = await import('../../run/output-file.ts');
    const { oneOf, wholeNumber } = await import('../flag-values.ts');
    const { plotFormatOf } = await import('../plot/formats.ts');
    const { fontsOf } = await import('../plot/fonts.ts');
    const { plottedFigure } = await import('../plot/plotted-figure.ts');
    const { print } = await import('../print/print.ts');
    const [name, format] = plotFormatOf(given.format, given.out);
    if (given.out !== undefined) requireWritable('--out', given.out, format.beginning);
    const theme = oneOf('theme', given.theme ?? 'light', ['light', 'dark']);
    if (given.theme !== undefined && format.themeless !== undefined)
      throw new UserError(`--theme is for svg and png: ${format.themeless}`);
    const fonts = fontsOf(given.font, name);
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
    const bytes = await format.draw(figure, theme, fonts);
    if (given.out === undefined || given.out === '/dev/stdout') {
      if (name === 'png' && process.stdout.isTTY)
        throw new UserError('--format png needs --out FILE: a terminal cannot show it');
      process.stdout.write(bytes);
      return 0;
    }
    // A file tells what it is, so that it can be written again.
    const file = name === 'terminal' ? `${format.beginning}\n${bytes.toString()}` : bytes;
    writeOutput('--out', given.out, file, format.beginning);
    print(given.out);
    for (const note of figure.notes) process.stderr.write(`${oneLine(note)}\n`);
    return 0;
  },
});
