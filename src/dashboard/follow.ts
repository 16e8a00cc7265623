import { relative, sep } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { EnvironmentOptions } from '../config/load.ts';
import { runsIn } from '../plot/read-runs.ts';
import { KnownFolders } from '../run/folder-listing.ts';
import { oneLine } from '../user-error.ts';
import { FollowedRun, linkIn, type RunLook } from './followed-run.ts';
import type { Change, ToldRows, ToldRun } from './wire.ts';

/** A change before it is numbered. */
export type Found = Omit<Change, 'sequence'>;

/** How a look went. */
export interface Look {
  /** Whether there is more to read already. */
  readonly hasMore: boolean;
  /** Milliseconds that it took, but for the runs that had new rows: what a look at nothing new costs. */
  readonly milliseconds: number;
  /** All that it took, rows and telling them included. */
  readonly whole: number;
}

/** Milliseconds after which a look lets others have their turn. */
const TURN = 20;
/** Milliseconds after which it is asked of one that has ended whether it was written to: it may be resumed, labelled or written over, seldom. */
const REST = 1000;

/** Follows all runs below a folder, whoever writes them. */
export class FollowedFolder {
  readonly root: string;
  private readonly environments: EnvironmentOptions;
  private readonly folders = new KnownFolders();
  private readonly runs = new Map<string, FollowedRun>();
  private problems: readonly string[] = [];

  constructor(root: string, environments: EnvironmentOptions) {
    this.root = root;
    this.environments = environments;
  }

  /** The run of an id; undefined where there is none: an id is no path. */
  get(id: string): FollowedRun | undefined {
    return this.runs.get(id);
  }

  tell(): ToldRun[] {
    return [...this.runs.values()].map((run) => run.tell());
  }

  tellProblems(): readonly string[] {
    return this.problems;
  }

  /** Looks at every run that may have changed. @param tell is told what is otherwise than before, in parts where that takes long */
  async look(tell: (found: Found) => void): Promise<Look> {
    const begun = performance.now();
    const paths = this.find();
    const problems: string[] = [];
    this.forget(
      [...this.runs.keys()].filter((id) => !paths.has(id)),
      tell,
    );
    let milliseconds = performance.now() - begun;
    let hasMore = false;
    let part = new Part();
    for (const [id, path] of paths) {
      if (performance.now() - part.begun > TURN) {
        part.tell(tell, this.problems);
        await setImmediate();
        part = new Part();
      }
      const before = performance.now();
      const known = this.runs.get(id);
      if (known !== undefined && known.ended > before - REST) continue;
      if (known?.isStill()) {
        milliseconds += performance.now() - before;
        continue;
      }
      const problem = problemOf(path);
      if (problem !== undefined) {
        problems.push(oneLine(`${id} is left out: ${problem}`));
        if (known !== undefined) this.forget([id], tell);
        continue;
      }
      const run = known ?? new FollowedRun(id, path, this.environments);
      this.runs.set(id, run);
      const look = lookAt(run);
      hasMore ||= look.hasMore;
      if (look.trouble !== undefined) problems.push(look.trouble);
      if (part.take(run, look)) milliseconds += performance.now() - before;
    }
    part.tell(tell, this.problems);
    this.say(problems, tell);
    return { hasMore, milliseconds, whole: performance.now() - begun };
  }

  /** They are there no more. */
  private forget(gone: readonly string[], tell: (found: Found) => void): void {
    for (const id of gone) this.runs.delete(id);
    if (gone.length > 0) tell({ runs: [], rows: [], gone, problems: this.problems });
  }

  private say(problems: readonly string[], tell: (found: Found) => void): void {
    if (problems.join('\n') === this.problems.join('\n')) return;
    this.problems = problems;
    tell({ runs: [], rows: [], gone: [], problems });
  }

  /** Paths of runs by their ids. */
  private find(): Map<string, string> {
    this.folders.begin();
    const paths = runsIn(this.root, (path) => this.folders.list(path));
    return new Map(paths.map((path) => [relative(this.root, path).split(sep).join('/') || '.', path]));
  }
}

/** Why nothing of a run is read. */
function problemOf(path: string): string | undefined {
  try {
    const link = linkIn(path);
    return link === undefined ? undefined : `its ${link} is a link, which is not followed`;
  } catch (error) {
    // A folder that may not be looked into.
    return (error as Error).message;
  }
}

/** A look that no run can keep others from: what fails of one, because it goes away meanwhile or may not be read, is said. */
function lookAt(run: FollowedRun): RunLook & { readonly trouble?: string } {
  try {
    return run.look();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { isChanged: false, rows: [], hasMore: false, trouble: oneLine(`${run.id}: ${reason}`) };
  }
}

/** What was found since others had their turn. */
class Part {
  readonly begun = performance.now();
  private readonly runs: ToldRun[] = [];
  private readonly rows: ToldRows[] = [];

  /** @returns whether nothing was new */
  take(run: FollowedRun, { isChanged, rows }: RunLook): boolean {
    if (isChanged) this.runs.push(run.tell());
    this.rows.push(...rows);
    return !isChanged && rows.length === 0;
  }

  tell(tell: (found: Found) => void, problems: readonly string[]): void {
    const { runs, rows } = this;
    if (runs.length + rows.length > 0) tell({ runs, rows, gone: [], problems });
  }
}
