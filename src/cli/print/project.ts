import { shellWord } from '../../run/run-name.ts';
import type { Project } from '../project.ts';
import { paint } from './print.ts';

/** Its files, and what to type next. */
export function describeProject({ folder, files }: Project): string[] {
  const enter = folder === '.' ? '' : `cd ${shellWord(folder)} && `;
  const line = (name: string, text: string): string => `${paint('dim', name.padEnd(9))}${text}`;
  return [
    line('project', folder === '.' ? 'here' : folder),
    line('files', files.join(', ')),
    line('next', `${enter}npm install && npx leash train corridor.json`),
    line('', 'npx leash check-env corridor.ts, npm test'),
  ];
}
