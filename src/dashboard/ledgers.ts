import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { LedgerRow } from '../row/ledger.ts';
import { FollowedRows } from '../run/follow-rows.ts';
import { takeLedger } from '../run/read-rows.ts';
import { summarizeStops } from '../trust-region/counterfactual.ts';
import type { FollowedRun } from './followed-run.ts';
import type { FollowedFolder } from './follow.ts';
import { NotThere } from '../server/local-server.ts';
import { runsOf, wholeNumber } from './queries.ts';
import type { ToldLedger } from './wire.ts';

/** Ledgers that are kept: each holds a row a gradient step. */
const KEPT = 4;

/** The ledgers that pages asked for; each is read once, and then what is new of it. */
export class Ledgers {
  private readonly kept = new Map<FollowedRun, Ledger>();

  /** `run=ID&update=N` */
  async answer(folder: FollowedFolder, query: URLSearchParams): Promise<ToldLedger> {
    const [run] = runsOf(folder, query);
    const update = wholeNumber('update', query.get('update') ?? '');
    const ledger = this.of(run);
    const { status, config } = run.tell();
    await ledger.read(status === 'alive');
    const rows = ledger.updates.get(update);
    if (rows === undefined) throw new NotThere(ledger.inWords(update));
    const updates = [...ledger.updates.values()];
    const isCut = config === null || config.trustRegion.stop !== null;
    return { rows, summary: summarizeStops(updates), cut: isCut };
  }

  private of(run: FollowedRun): Ledger {
    const found = this.kept.get(run) ?? new Ledger(run.path);
    // The one that was asked for last stands last.
    this.kept.delete(run);
    this.kept.set(run, found);
    const [oldest] = this.kept.keys();
    if (this.kept.size > KEPT && oldest !== undefined) this.kept.delete(oldest);
    return found;
  }
}

/** The rows of a ledger by update. */
class Ledger {
  readonly updates = new Map<number, LedgerRow[]>();
  private readonly file: FollowedRows<LedgerRow>;

  constructor(path: string) {
    this.file = new FollowedRows(join(path, 'ledger.jsonl'), takeLedger);
  }

  /** Reads what is new; others have their turn meanwhile. */
  async read(isGrowing: boolean): Promise<void> {
    for (;;) {
      const { rows, isAnew, hasMore } = this.file.look(isGrowing);
      if (isAnew) this.updates.clear();
      for (const row of rows) {
        const own = this.updates.get(row.update);
        if (own === undefined) this.updates.set(row.update, [row]);
        else own.push(row);
      }
      if (!hasMore) return;
      await setImmediate();
    }
  }

  /** Why there is nothing of an update. */
  inWords(update: number): string {
    const known = [...this.updates.keys()];
    const [first, last] = [known[0], known.at(-1)];
    if (first === undefined)
      return this.file.damage ?? 'the run has no ledger: train with --set trustRegion.ledger=true';
    return `update must be one of the ledger’s, ${first} to ${last}, got ${update}`;
  }
}
