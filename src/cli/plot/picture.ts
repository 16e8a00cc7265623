import type { Figure } from '../../plot/figure.ts';
import { requireWritable, writeOutput } from '../../run/output-file.ts';
import { UserError } from '../../user-error.ts';
import { oneOf } from '../flag-values.ts';
import { fontsOf } from './fonts.ts';
import { type PlotFormat, plotFormatOf } from './formats.ts';

/** What `pictureFlags` were given. */
export interface PictureGiven {
  readonly theme?: string | undefined;
  readonly format?: string | undefined;
  readonly font?: string | readonly string[] | undefined;
  readonly out?: string | undefined;
}

/** How a figure is drawn, and where to. */
export interface Picture {
  readonly format: PlotFormat;
  /** @returns the file that it stands in; undefined: it went to stdout */
  write(figure: Figure): Promise<string | undefined>;
}

/** @throws UserError for flags that do not go together, before anything is computed */
export function pictureOf({ theme: given, format: asked, font, out }: PictureGiven): Picture {
  const [name, format] = plotFormatOf(asked, out);
  if (out !== undefined) requireWritable('--out', out, format.beginning);
  const theme = oneOf('theme', given ?? 'light', ['light', 'dark']);
  if (given !== undefined && format.themeless !== undefined)
    throw new UserError(`--theme is for svg and png: ${format.themeless}`);
  const fonts = fontsOf(font, name);
  return {
    format,
    async write(figure) {
      const bytes = await format.draw(figure, theme, fonts);
      if (out === undefined || out === '/dev/stdout') {
        if (name === 'png' && process.stdout.isTTY)
          throw new UserError('--format png needs --out FILE: a terminal cannot show it');
        process.stdout.write(bytes);
        return undefined;
      }
      // A file tells what it is, so that it can be written again.
      writeOutput(
        '--out',
        out,
        name === 'terminal' ? `${format.beginning}\n${bytes.toString()}` : bytes,
        format.beginning,
      );
      return out;
    },
  };
}
