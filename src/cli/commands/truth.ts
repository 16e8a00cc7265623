import { UserError } from '../../user-error.ts';
import { defineCommand } from '../command.ts';
import { engineFlags, fontFlag, runsFlag } from '../shared-flags.ts';

export const truthCommand = defineCommand({
  summary: 'how far the surrogate’s promise can be trusted: steps from a policy of a table, everything exact',
  arguments: {
    RUN: {
      type: 'one',
      describe:
        'a run or its name, with @UPDATE for a policy on the way, or a policy file with --env or --config',
    },
  },
  flags: {
    towards: {
      type: 'text',
      describe:
        'a policy of the same shape, which a step of 1 arrives at; without it steps go along the exact gradient',
    },
    reach: {
      type: 'text',
      default: '8',
      describe: 'the longest step; 1 has a mean KL of δ, or arrives there',
    },
    env: {
      type: 'text',
      describe:
        'environment of a policy file, with its default options; of a run whose environment is a file that file, which is run',
    },
    config: {
      type: 'text',
      describe: 'config whose environment, its options and γ a policy file is judged by',
    },
    ...engineFlags,
    theme: { type: 'text', values: ['light', 'dark'], describe: 'light (default) or dark' },
    format: {
      type: 'text',
      values: ['svg', 'png', 'html', 'terminal'],
      describe: 'of the picture: svg, png, html or terminal',
    },
    ...fontFlag,
    out: { type: 'text', describe: 'file of the picture; its ending tells the format' },
    ...runsFlag,
    json: { type: 'switch', describe: 'print one JSON object, nothing else' },
  },
  examples: ['$0 truth lake', '$0 truth lake@4 --towards lake@5 --out step.svg'],
  excludes: [['format', 'json']],
  async run(given) {
    const { requireWritable, writeOutput } = await import('../../run/output-file.ts');
    const { encodeJson } = await import('../../row/json.ts');
    const { configFile } = await import('../given-file.ts');
    const { oneOf, wholeNumber } = await import('../flag-values.ts');
    const { fontsOf } = await import('../plot/fonts.ts');
    const { plotFormatOf } = await import('../plot/formats.ts');
    const { stepFigure } = await import('../plot/step-figure.ts');
    const { trueSteps } = await import('../policy/true-steps.ts');
    const { describeSteps } = await import('../print/steps.ts');
    const { paint, print, printJson } = await import('../print/print.ts');
    const [name, format] = plotFormatOf(given.format, given.out);
    if (given.out !== undefined) requireWritable('--out', given.out, format.beginning);
    if (given.theme !== undefined && format.themeless !== undefined)
      throw new UserError(`--theme is for svg and png: ${format.themeless}`);
    const theme = oneOf('theme', given.theme ?? 'light', ['light', 'dark']);
    const fonts = fontsOf(given.font, name);
    const reach = wholeNumber('reach', given.reach, 1, 1000);
    const config = given.config === undefined ? undefined : await configFile(given.config, ['config']);
    const steps = await trueSteps(given.RUN, given.runs, { ...given, config, reach });
    if (given.json) printJson(encodeJson(steps));
    else print(describeSteps(steps).join('\n'));
    if (given.json && given.out === undefined) return 0;
    if (given.out === undefined && given.format === undefined) return 0;
    const bytes = await format.draw(stepFigure(steps), theme, fonts);
    if (given.out === undefined) {
      if (name === 'png' && process.stdout.isTTY)
        throw new UserError('--format png needs --out FILE: a terminal cannot show it');
      process.stdout.write(bytes);
      return 0;
    }
    const file = name === 'terminal' ? `${format.beginning}\n${bytes.toString()}` : bytes;
    writeOutput('--out', given.out, file, format.beginning);
    if (!given.json) print(`${paint('dim', 'picture  ')}${given.out}`);
    return 0;
  },
});
