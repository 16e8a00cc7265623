/** The names of all that a queue keeps in Redis, beside BullMQ's own. */
export interface Keys {
  /** The queue of BullMQ: workers of another leash have another. */
  queue(leash: string): string;
  /** Token → what is said of a study, JSON. */
  readonly studies: string;
  /** Workers, each with when it was last heard of, in ms. */
  readonly workers: string;
  /** Ids of the runs that a study waits for. */
  runsOf(study: string): string;
  /** There where somebody cancelled a study. */
  cancelled(study: string): string;
  /** What a study's coordinator is to look at: ids of runs, and words that begin with `!`; none after it: at all. */
  newsOf(study: string): string;
  /** A channel: ids of runs that are being made when the last who waited for them leaves. */
  readonly left: string;
  /** Something by its content. */
  blob(sha256: string): string;
  readonly run: (id: string) => RunKeys;
}

/** Of one run. */
export interface RunKeys {
  readonly id: string;
  /** epoch, seq, end, last (of the journal's entries), and `f:FILE` for each of its files. */
  readonly state: string;
  /** Stream of what was written of it, in order. */
  readonly journal: string;
  /** Studies that wait for it. */
  readonly studies: string;
  /** The pieces of a file that is replaced as a whole; `part:` while they come. */
  readonly file: string;
  readonly part: string;
}

export function keysOf(prefix: string): Keys {
  return {
    queue: (leash) => `leash-${leash}`,
    studies: `${prefix}:studies`,
    workers: `${prefix}:workers`,
    runsOf: (study) => `${prefix}:study:${study}:runs`,
    cancelled: (study) => `${prefix}:study:${study}:cancelled`,
    newsOf: (study) => `${prefix}:study:${study}:news`,
    left: `${prefix}:left`,
    blob: (sha256) => `${prefix}:blob:${sha256}`,
    run(id) {
      const state = `${prefix}:run:${id}`;
      return {
        id,
        state,
        journal: `${state}:journal`,
        studies: `${state}:studies`,
        file: `${state}:file:`,
        part: `${state}:part:`,
      };
    },
  };
}
