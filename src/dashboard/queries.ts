import { setImmediate } from 'node:timers/promises';
import { NotThere } from '../server/local-server.ts';
import { UserError } from '../user-error.ts';
import type { FollowedRun } from './followed-run.ts';
import type { FollowedFolder } from './follow.ts';
import { MOST_RUNS } from './wire.ts';

/**
 * Rows of runs as JSON: `run=ID&from=N`, as many as there are, or up to `to=N`, and `columns=a,b`; without it all. Several runs have
 * a `from` each, and a `to` each or none.
 */
export async function rowsOf(folder: FollowedFolder, query: URLSearchParams): Promise<string> {
  const [from, to] = ['from', 'to'].map((name) => query.getAll(name).map((word) => wholeNumber(name, word)));
  // Each once, however often it is named: what is sent must not grow beyond what there is.
  const columns = query.has('columns') ? [...new Set(query.get('columns')?.split(','))] : undefined;
  const runs = runsOf(folder, query);
  if (runs.length > MOST_RUNS)
    throw new UserError(`run must be named ${MOST_RUNS} times at most, got ${runs.length}`);
  const rows: string[] = [];
  for (const [at, run] of runs.entries()) {
    rows.push(run.rowsAsJson({ from: from[at] ?? 0, to: to[at] }, columns));
    // Of long ones a choice is made, which takes a while: others have their turn.
    await setImmediate();
  }
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
