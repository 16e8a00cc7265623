import { NotThere } from '../server/local-server.ts';
import { UserError } from '../user-error.ts';
import type { FollowedRun } from './followed-run.ts';
import type { FollowedFolder } from './follow.ts';

/** Rows of runs as JSON: `run=ID&from=N`, as many as there are, and `columns=a,b`; without it all. */
export function rowsOf(folder: FollowedFolder, query: URLSearchParams): string {
  const from = query.getAll('from').map((word) => wholeNumber('from', word));
  const columns = query.get('columns')?.split(',');
  const rows = runsOf(folder, query).map((run, at) => run.rowsAsJson(from[at] ?? 0, columns));
  return `{"rows":[${rows.join()}]}`;
}

/** The runs that a query names. @throws NotThere, or UserError where it names none */
export function runsOf(folder: FollowedFolder, query: URLSearchParams): FollowedRun[] {
  const ids = query.getAll('run');
  if (ids.length === 0) throw new UserError('run is missing: the id of a run');
  return ids.map((id) => {
    const run = folder.get(id);
    if (run === undefined) throw new NotThere(`there is no run ${JSON.stringify(id.slice(0, 200))}`);
    return run;
  });
}

/** @throws UserError */
export function wholeNumber(name: string, word: string): number {
  if (/^\d{1,15}$/.test(word)) return Number(word);
  throw new UserError(`${name} must be a whole number ≥ 0, got ${JSON.stringify(word.slice(0, 40))}`);
}
