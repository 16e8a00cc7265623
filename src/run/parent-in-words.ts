import type { Parent } from './record.ts';

/** `NAME/seed-N@UPDATE` */
export function parentInWords({ run, update }: Pick<Parent, 'run' | 'update'>): string {
  return `${run}@${update}`;
}
