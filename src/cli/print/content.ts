import type { Contestant } from '../../experiment/experiment.ts';
import type { Sweep } from '../../experiment/sweep-file.ts';
import { configJsonSchema } from '../../config/fields.ts';
import type { Content } from '../inspected-file.ts';
import { describeConfig } from './config.ts';
import { paint } from './print.ts';
import { oneLine, shortLine } from '../../user-error.ts';
import { counted, thousands } from '../../elementary/thousands.ts';

/** What a file is, to stand after "fine"; nothing of a config, which most files are. */
export function describeContent(content: Content): string {
  switch (content.kind) {
    case 'config':
      return '';
    case 'fit':
      return ', a config of leash fit';
    case 'study':
      return `, a study of ${counted(content.study.contestants.length, 'config')}`;
    case 'sweep':
      return `, a sweep of ${pointsInWords(content.sweep)}`;
    case 'schema':
      return ', a JSON Schema for editors';
  }
}

/** 9 points; 3 distinct points of 5 */
function pointsInWords({ asked, points: { length } }: Sweep): string {
  return asked === length
    ? counted(length, 'point')
    : `${counted(length, 'distinct point')} of ${thousands(asked)}`;
}

/** Everything that a file comes to, line by line; of studies and sweeps the settings that are not the default. */
export function contentLines(content: Content, explain: boolean): string[] {
  switch (content.kind) {
    case 'config':
    case 'fit':
      return describeConfig(content.loaded, explain);
    case 'study': {
      const { description, contestants, seeds, threshold, matchKl } = content.study;
      return [...heads({ description, seeds, threshold, matchKl }), ...contestantLines(contestants, explain)];
    }
    case 'sweep': {
      const { description, method, parameters, asked, contestants, seeds, threshold, halving } =
        content.sweep;
      const count = contestants.length;
      const varied = parameters.map(({ path, range }) => `${path} ${JSON.stringify(range)}`).join(', ');
      const points = `${count}${asked === count ? '' : ` distinct of ${asked}`}: ${contestants.map(({ label }) => shortLine(label)).join(', ')}`;
      return [
        ...heads({ description, method, parameters: varied, points, seeds, threshold, halving }),
        ...contestantLines(contestants.slice(0, 1), explain, 'the first point, '),
      ];
    }
    case 'schema':
      return ['a JSON Schema: editors complete and check files by it; leash config schema prints it'];
  }
}

/** The same as JSON; a config's and a fit's is itself one. */
export function contentJson(content: Content): object {
  switch (content.kind) {
    case 'config':
    case 'fit':
      return content.loaded.config;
    case 'study': {
      const { contestants, ...study } = content.study;
      return { ...study, configs: configsOf(contestants) };
    }
    case 'sweep': {
      const { contestants, points: _, ...sweep } = content.sweep;
      return { ...sweep, configs: configsOf(contestants) };
    }
    case 'schema':
      return { kind: 'schema' };
  }
}

function configsOf(contestants: readonly Contestant[]): object {
  return Object.fromEntries(contestants.map(({ label, config }) => [label, config]));
}

function heads(values: Readonly<Record<string, unknown>>): string[] {
  const shown = Object.entries(values).filter(([, value]) => value !== undefined && value !== '');
  return shown.map(([name, value]) => {
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    return oneLine(`${paint('dim', name.padEnd(12))}${text}`);
  });
}

function contestantLines(contestants: readonly Contestant[], explain: boolean, before = ''): string[] {
  return contestants.flatMap(({ label, config }) => {
    const schema = configJsonSchema();
    const lines = describeConfig({ config, schema, origins: new Map() }, explain);
    return ['', paint('bold', `${before}${shortLine(label)}`), ...(explain ? lines : lines.filter(isMarked))];
  });
}

/** Whether a line of `describeConfig` is of a setting that is not the default, in whatever style. */
function isMarked(line: string): boolean {
  return line.includes('* ') && !/^\s/.test(line);
}
