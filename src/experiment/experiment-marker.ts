import { existsSync, lstatSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EnvironmentOptions } from '../config/load.ts';
import { isTree, type Tree } from '../config/problem.ts';
import { replaceFile } from '../run/durable-file.ts';
import { MARKER } from '../run/experiment-files.ts';
import {
  type ExperimentOrder,
  placesOf,
  readDesign,
  readFound,
  readKind,
  readOrder,
  readTarget,
} from '../run/experiment-order.ts';
import { type RunLabels, writtenLabels } from '../run/labels.ts';
import { readJson } from '../run/status.ts';
import { UserError } from '../user-error.ts';
import { LEASH_VERSION } from '../version.ts';
import { type HeldFile, requireHeld } from './experiment-lock.ts';
import { type KlTarget, targetInWords } from './kl-target.ts';
import { isMadeOf, pathOf, type TurnedRun } from './planned-run.ts';
import type { ReportData } from './report-data.ts';

const FORMAT = 'leash-experiment-1';

/**
 * What tells this experiment from another that was in the same folder before.
 * @returns undefined where the folder is no experiment's
 */
export function experimentToken(path: string): string | undefined {
  const marker = join(path, MARKER);
  try {
    if (!lstatSync(marker).isFile()) return undefined;
  } catch {
    return undefined;
  }
  try {
    const { token } = JSON.parse(readFileSync(marker, 'utf8')) as { token?: unknown };
    if (typeof token === 'string' && /^[0-9a-f]+$/.test(token)) return token;
  } catch {
    // Damaged, yet no other file has that name.
  }
  // That of leash 0.1.0 has none.
  return 'old';
}

/** A config of an experiment; of a study with worlds which of its configs it is. */
export interface Ordered {
  readonly label: string;
  readonly method?: string | undefined;
}

/** What an experiment is of. */
type Kind = ReportData['kind'];

/** What the marker of an experiment says of it; nothing where the folder is none, or its marker damaged. */
export function labelsOfExperiment(path: string): RunLabels {
  return writtenLabels(readJson(join(path, MARKER)));
}

/** The marker of an experiment that is being made. */
export function newMarker(token: string, labels: RunLabels, configs: readonly string[] | undefined): string {
  return `${JSON.stringify({ format: FORMAT, leash: LEASH_VERSION, token, ...labels, configs })}\n`;
}

/** What a marker remembers of its experiment. */
type Remembered = RunLabels &
  Partial<ExperimentOrder> & {
    readonly design?: string;
    readonly kind?: Kind;
    readonly matchKl?: KlTarget;
  };

const KINDS = { compare: 'a comparison', sweep: 'a sweep' } as const;

/**
 * The marker of an experiment that is held. What is kept is checked at once and written by `write`, so that a command
 * that is refused leaves no trace of itself.
 */
export class ExperimentMarker {
  private kept: Remembered = {};

  /** @param isPart of a shard, which leaves to all of them what is said of the experiment */
  constructor(
    private readonly path: string,
    private readonly held: HeldFile,
    private readonly environments: EnvironmentOptions | undefined,
    private readonly isPart: boolean,
  ) {}

  /** Writes what is kept, before the runs that it is said of. */
  write(): void {
    requireHeld(this.held);
    if (Object.keys(this.kept).length === 0) return;
    const written = this.read();
    if (written !== undefined) replaceFile(this.file, `${JSON.stringify({ ...written, ...this.kept })}\n`);
    this.kept = {};
  }

  /** Remembers what is said of it. @throws UserError where the marker is damaged */
  keepLabels(labels: RunLabels): void {
    if (this.isPart || Object.keys(labels).length === 0) return;
    this.requireWhole('--tag and --note');
    this.keep(labels);
  }

  /**
   * Remembers by what plan seeds are added until pairs are decided.
   * @param design in words; undefined: all seeds were planned
   * @throws UserError where the experiment was begun by another plan, or was compared without one
   */
  keepDesign(design: string | undefined): void {
    const before = readDesign(this.path);
    if (before === design) return;
    const why =
      'the error of a verdict is that of a plan made before any run was seen; choose another --name';
    if (design === undefined || before !== undefined)
      throw new UserError(`${this.path} was begun with ${before}: ${why}`);
    if (existsSync(join(this.path, 'report.json')))
      throw new UserError(`${this.path} was compared already, without --until-decided: ${why}`);
    this.requireWhole('the plan of --until-decided');
    this.keep({ design });
  }

  /**
   * Remembers whether it is of a comparison or a sweep.
   * @param labels of the configs that are trained
   * @param found of those whose runs are there
   * @throws UserError where it is of the other, or has runs and none of these configs among them; where its report is of
   *   runs that are elsewhere, none of them found now, and something is trained
   */
  keepKind(kind: Kind, labels: readonly string[], found: readonly string[]): void {
    const before = readKind(this.path);
    if (before !== undefined && before !== kind)
      throw new UserError(`${this.path} is ${KINDS[before]}, not ${KINDS[kind]}; choose another --name`);
    const isHere = (label: string): boolean =>
      ['', 'rung-1'].some((folder) => existsSync(join(this.path, folder, label)));
    const own = readOrder(this.path).configs.filter(isHere);
    if (own.length > 0 && !own.some((label) => labels.includes(label)))
      throw new UserError(
        `${this.path} is ${KINDS[kind]} of ${listed(own)}, none of which is asked for here, and its report would be replaced; choose another --name`,
      );
    const read = own.length > 0 || labels.length === 0 ? [] : readFound(this.path);
    if (read.length > 0 && !read.some((label) => found.includes(label)))
      throw new UserError(
        `${this.path} is ${KINDS[kind]} of runs made elsewhere, ${listed(read)}, none of which is asked for here, and its report would be replaced; choose another --name`,
      );
    if (before === undefined && !this.isPart && !this.isOld) this.keep({ kind });
  }

  /**
   * Remembers to what KL configs are brought.
   * @param turned the runs, with the settings that may be turned for it
   * @throws UserError where one is there that was made otherwise, or for another KL
   */
  keepTarget(target: KlTarget, turned: readonly TurnedRun[]): void {
    const before = readTarget(this.path) as KlTarget | undefined;
    const [there] = turned.filter((each) => isMadeOf(each, this.environments));
    if (there !== undefined && before === undefined && !existsSync(join(this.path, 'calibration')))
      throw new UserError(`${pathOf(there.run)} was made without --match-kl; choose another --name`);
    const isOther = before !== undefined && JSON.stringify(before) !== JSON.stringify(target);
    if (there !== undefined && isOther)
      throw new UserError(
        `${this.path} was begun with --match-kl ${targetInWords(before, String)}, not ${targetInWords(target, String)}; choose another --name`,
      );
    if (!this.isPart && !this.isOld) this.keep({ matchKl: target });
  }

  /**
   * Remembers configs: each keeps its place among all that the experiment ever had, which is its colour in every picture.
   * @param first these come before all others: of the last rung of a sweep, which is what is drawn of it
   * @returns label → place, of all of them
   */
  keepOrder(configs: readonly Ordered[], first?: 'first'): ReadonlyMap<string, number> {
    const before = readOrder(this.path);
    const labels = configs.map(({ label }) => label);
    const all = first === undefined ? [...before.configs, ...labels] : [...labels, ...before.configs];
    const told = configs.flatMap(({ label, method }) => (method === undefined ? [] : [[label, method]]));
    const order = {
      configs: [...new Set(all)],
      methods: { ...before.methods, ...Object.fromEntries(told) },
    };
    if (!this.isOld && JSON.stringify(order) !== JSON.stringify(before)) this.keep(order);
    return placesOf(order);
  }

  private keep(added: Remembered): void {
    this.kept = { ...this.kept, ...added };
  }

  private get file(): string {
    return join(this.path, MARKER);
  }

  /** @returns undefined where it is damaged */
  private read(): Tree | undefined {
    const written = readJson(this.file);
    return isTree(written) ? written : undefined;
  }

  /** Whether it is that of leash 0.1.0, or damaged: its kind, order and target stay as they are. */
  private get isOld(): boolean {
    return experimentToken(this.path) === 'old';
  }

  /** @throws UserError where what would have to be kept cannot be */
  private requireWhole(what: string): void {
    if (this.read() !== undefined) return;
    throw new UserError(`${this.file} is damaged, ${what} cannot be kept in it; choose another --name`);
  }
}

function listed(labels: readonly string[]): string {
  return `${labels.slice(0, 3).join(', ')}${labels.length > 3 ? ', …' : ''}`;
}
