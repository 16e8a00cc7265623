import type { Drawing } from '../../rollout/drawing.ts';
import { BEGINNINGS, requireWritable, writeOutput } from '../../run/output-file.ts';
import { UserError } from '../../user-error.ts';
import { type PlayOptions, playSteps } from '../../train/play-steps.ts';
import { animatedGif } from './gif.ts';
import { animatedSvg } from './svg.ts';

/** More pictures of an episode than this nobody looks at, and files of them are large. */
const MOST_PICTURES = 2000;

/** Refuses a file that no picture is written to, before anything is played. @throws UserError */
export function requirePicture(file: string): void {
  requireWritable('--gif', file, BEGINNINGS[kindOf(file)]);
}

/**
 * Plays an episode and writes it as a moving picture: the same bytes on every machine.
 * @param title the environment
 * @throws UserError where the environment has no drawing
 */
export function writeAnimation(file: string, title: string, options: PlayOptions): void {
  const { environment } = options;
  if (environment.draw === undefined) throw new UserError(`--gif: ${title} has no drawing`);
  const drawings: Drawing[] = [];
  for (const _ of playSteps(options)) {
    drawings.push(environment.draw());
    if (drawings.length === MOST_PICTURES) {
      process.stderr.write(`leash: --gif ${file} shows the first ${MOST_PICTURES} steps of the episode\n`);
      break;
    }
  }
  const kind = kindOf(file);
  const content = kind === 'gif' ? animatedGif(drawings) : animatedSvg(drawings, title);
  writeOutput('--gif', file, content, BEGINNINGS[kind]);
}

/** By the ending of the name. @throws UserError */
function kindOf(file: string): 'gif' | 'svg' {
  const ending = /\.(gif|svg)$/i.exec(file)?.[1]?.toLowerCase();
  if (ending === 'gif' || ending === 'svg') return ending;
  throw new UserError(`--gif must be a file that ends in .gif or .svg, got ${file}`);
}
