import { inspectRunConfig } from '../config/run-config.ts';
import { parseJson } from '../config/json.ts';
import { isTree, show } from '../config/problem.ts';
import type { Config } from '../config/schema.ts';
import type { StateValue } from '../elementary/state.ts';
import { textBytes } from '../formats/bytes.ts';
import { decodeTensors, encodeSafetensors } from '../formats/safetensors.ts';
import type { MomentsState } from '../rollout/normalize.ts';
import { UserError } from '../user-error.ts';
import { LEASH_VERSION } from '../version.ts';
import { type LoadedPolicy, type PolicyDescription, readDescription } from './policy-file.ts';
import type { RecordedModule } from './changed-module.ts';
import type { FileHashes } from './differing-files.ts';
import type { BestEvaluation, Warning } from './record.ts';
import { stateOfTensors, tensorsOfState } from './state-tensors.ts';

/** What of a training's state is read here: its policy. */
export type CheckpointState = StateValue & {
  readonly update: number;
  readonly policy: { readonly parameters: Float32Array };
  /** null where no value network is trained. */
  readonly value: { readonly parameters: Float32Array } | null;
  readonly collecting: { readonly observationMoments: MomentsState | null };
};

/** What computed a run; where another rounds otherwise, a run is not gone on with there. */
export interface Computer {
  readonly engine: string;
  readonly tfjsBackend?: string | undefined;
  readonly fastMath?: boolean | undefined;
  readonly node: string;
  /** `linux x64` */
  readonly platform: string;
  readonly processor: string;
}

/** A run between two updates. */
export interface Checkpoint<State extends CheckpointState = CheckpointState>
  extends Omit<PolicyDescription, 'observationMoments'> {
  /** Version of leash that wrote it. */
  readonly leash: string;
  readonly computer: Computer;
  readonly config: Config;
  /** File of rows → its bytes then. */
  readonly sizes: Readonly<Record<string, number>>;
  /** File of rows → SHA-256 of those bytes; none of timing.jsonl, nor in checkpoints of before there were any. */
  readonly hashes?: Readonly<Record<string, string>> | undefined;
  readonly startedAt: string;
  /** Updates so far in which the value network had a thread of its own. */
  readonly updatesOnTwo: number;
  /** The file that the environment is of, where it is no built-in one. */
  readonly module?: RecordedModule | undefined;
  /** As of `RunRecord`. */
  readonly files?: FileHashes | undefined;
  /** Of what runs its environment beside leash, where something does. */
  readonly versions?: Readonly<Record<string, string>> | undefined;
  /** The best evaluation so far, where there was one. */
  readonly best?: BestEvaluation | undefined;
  /** What looked wrong so far. */
  readonly warnings?: readonly Warning[] | undefined;
  readonly state: State;
}

/** Bytes of the largest checkpoint: Node.js reads no larger file at once. */
export const MOST_CHECKPOINT = 2 ** 31 - 1;

/** In hexadecimal. */
export type Sha256 = (bytes: Uint8Array) => string;

const FORMAT = 1;
/** The file begins with it: of a checkpoint of any format the checksum stands at the same place. */
const START = /^\{"__metadata__":\{"format":"leash-checkpoint-(\d{1,9})","sha256":"([0-9a-f]{64})"/;
const NO_SUM = '0'.repeat(64);

/**
 * A checkpoint as a safetensors file: the state's arrays by name (`policy.parameters`, `value.optimizer.firstMoment`, …,
 * see `tensorsOfState`), all the rest one JSON text, `checkpoint` of the metadata. `sha256` there is that of the whole
 * file with 64 zeros in its place.
 */
export function encodeCheckpoint({ state, ...rest }: Checkpoint, sha256: Sha256): Uint8Array {
  const { tensors, outline } = tensorsOfState(state);
  const checkpoint = JSON.stringify({ ...rest, state: outline });
  const format = `leash-checkpoint-${FORMAT}`;
  const bytes = encodeSafetensors({ arrays: tensors, metadata: { format, sha256: NO_SUM, checkpoint } });
  bytes.set(textBytes(sha256(bytes)), startOf(bytes)?.at);
  return bytes;
}

/** What stands at the beginning; undefined where that is another file's, or damaged. */
function startOf(bytes: Uint8Array): { format: number; sum: string; at: number } | undefined {
  const found = START.exec(String.fromCharCode(...bytes.subarray(8, 200)));
  if (found === null) return undefined;
  const [all, format, sum] = found;
  return { format: Number(format), sum, at: 8 + all.length - sum.length - 1 };
}

/** A checkpoint, or why the file is none that can be used. */
export type ReadCheckpoint =
  | { readonly checkpoint: Checkpoint; readonly damage?: never }
  | { readonly checkpoint?: never; readonly damage: string };

/**
 * Reads what `encodeCheckpoint` wrote; one flipped bit anywhere is damage.
 * @param place how it is called: its path
 * @throws UserError for a whole one that another version of leash wrote
 */
export function decodeCheckpoint(bytes: Uint8Array, place: string, sha256: Sha256): ReadCheckpoint {
  const start = startOf(bytes);
  if (start === undefined) return { damage: `${place} does not begin as a checkpoint does` };
  const { format, sum, at } = start;
  const unsigned = new Uint8Array(bytes);
  unsigned.set(textBytes(NO_SUM), at);
  if (sha256(unsigned) !== sum)
    return { damage: `${place} is damaged: its bytes are not those of its sha256` };
  if (format !== FORMAT) throw ofAnotherVersion(place, `its format is ${format}, this leash reads ${FORMAT}`);
  const { arrays, metadata } = decodeTensors(bytes, place);
  const written = parseJson(metadata.checkpoint ?? '', `${place}: its checkpoint`);
  const leash = isTree(written) ? written.leash : undefined;
  if (leash !== LEASH_VERSION)
    throw ofAnotherVersion(
      place,
      `leash ${typeof leash === 'string' ? leash : show(leash)} wrote it, this is ${LEASH_VERSION}`,
    );
  // From here on nothing is wrong by accident: the checksum was right.
  const { state: outline, ...rest } = written as Record<string, unknown>;
  const { config, problems } = inspectRunConfig(rest.config, place);
  if (config === undefined) return { damage: `${place} is no checkpoint of leash: ${problems[0]}` };
  const { head, observationWrappers, actionBounds, choices, masked, tokens, policyShape, valueShape } = rest;
  const description = readDescription(
    { head, observationWrappers, actionBounds, choices, masked, tokens, policyShape, valueShape },
    place,
  );
  try {
    const state = stateOfTensors(outline, arrays) as CheckpointState;
    return { checkpoint: { ...(rest as unknown as Checkpoint), ...description, config, state } };
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    return { damage: `${place} is no checkpoint of leash: ${cause.message}` };
  }
}

function ofAnotherVersion(place: string, why: string): UserError {
  return new UserError(`${place} is a checkpoint of another version of leash: ${why}`);
}

/** The policy as it was then. */
export function policyOfCheckpoint({
  head,
  observationWrappers,
  actionBounds,
  choices,
  masked,
  tokens,
  policyShape,
  valueShape,
  state,
}: Checkpoint): LoadedPolicy {
  return {
    head,
    ...(observationWrappers && { observationWrappers }),
    ...(actionBounds && { actionBounds }),
    ...(choices && { choices }),
    ...(masked && { masked }),
    ...(tokens && { tokens }),
    policy: { shape: policyShape, parameters: state.policy.parameters },
    ...(valueShape && state.value && { value: { shape: valueShape, parameters: state.value.parameters } }),
    observationMoments: state.collecting.observationMoments ?? undefined,
  };
}
