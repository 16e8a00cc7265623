import { readSync, writeSync } from 'node:fs';
import { explainIssues, isTree, show, type Tree } from '../config/problem.ts';
import { configJsonSchema, jsonSchemaOf } from '../config/fields.ts';
import { type Random, randomStream } from '../random/random.ts';
import { isCount } from '../rollout/contract.ts';
import {
  type ActionSpace,
  type Environment,
  type EnvironmentDefinition,
  EnvironmentError,
  maskWidthOf,
  type Transition,
  valuesOf,
  widthOf,
} from '../rollout/environment.ts';
import { UserError } from '../user-error.ts';
import { LEASH_VERSION } from '../version.ts';
import {
  HEADER_BYTES,
  type Header,
  kinds,
  type Kind,
  MOST_WORDS,
  PROTOCOL,
  readHeader,
  steppedLayout,
  wordsFrame,
  writeHeader,
} from './frames.ts';

/** Standard input and output. */
const REQUESTS = 0;
const ANSWERS = 1;

/**
 * Offers an environment by the protocol of docs/gymnasium.md, over standard input and output, until the input ends.
 * What else would print goes where errors go.
 */
export function serveEnvironment(definition: EnvironmentDefinition): void {
  const versions = { leash: LEASH_VERSION, node: process.versions.node };
  process.stdout.write = process.stderr.write.bind(process.stderr);
  write(wordsFrame(kinds.hello, 0, 0, { protocol: PROTOCOL, id: definition.id, versions }));
  const worlds = new Map<number, ServedWorld>();
  for (let frame = read(); frame !== undefined; frame = read()) {
    const header = readHeader(frame);
    try {
      write(answerTo(header, frame.subarray(HEADER_BYTES), definition, worlds));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EPIPE') return;
      write(wordsFrame(kinds.failed, header.world, header.number, failureOf(error)));
    }
  }
}

function answerTo(
  { kind, world, number, bytes }: Header,
  body: Uint8Array,
  definition: EnvironmentDefinition,
  worlds: Map<number, ServedWorld>,
): Uint8Array {
  const answer = (as: Kind, made: Uint8Array): Uint8Array => {
    const frame = new Uint8Array(HEADER_BYTES + made.length);
    writeHeader(frame, { kind: as, world, number, bytes: made.length });
    frame.set(made, HEADER_BYTES);
    return frame;
  };
  if (kind === kinds.make) {
    const made = new ServedWorld(definition, askedIn(body));
    worlds.set(world, made);
    return wordsFrame(kinds.made, world, number, made.said);
  }
  const found = worlds.get(world);
  if (found !== undefined && kind === kinds.close) {
    worlds.delete(world);
    return answer(kinds.closed, new Uint8Array(0));
  }
  if (found !== undefined && kind === kinds.reset && bytes === found.resetBytes)
    return answer(kinds.observed, found.reset(body));
  if (found !== undefined && kind === kinds.step && bytes === found.stepBytes)
    return answer(kinds.stepped, found.step(body));
  throw new UserError(`a request of kind ${kind} and ${bytes} bytes for world ${world} has no answer`);
}

/** What `make` asks for. */
interface Asked {
  /** As they are given. */
  readonly options: unknown;
  readonly copies: number;
  readonly autoreset: boolean;
}

const MOST_COPIES = 65_536;

/** @throws UserError */
function askedIn(body: Uint8Array): Asked {
  const text = new TextDecoder().decode(body);
  const { options, copies, autoreset } = objectIn(text);
  if (!(isCount(copies) && copies <= MOST_COPIES))
    throw new UserError(`copies must be an integer in [1, ${MOST_COPIES}], got ${show(copies)}`);
  if (typeof autoreset !== 'boolean')
    throw new UserError(`autoreset must be true or false, got ${show(autoreset)}`);
  return { options, copies, autoreset };
}

/** @throws UserError */
function objectIn(text: string): Tree {
  try {
    const words: unknown = JSON.parse(text);
    if (isTree(words)) return words;
  } catch {
    // Said with what it is.
  }
  throw new UserError(`make must be a JSON object with options, copies and autoreset, got ${show(text)}`);
}

/** Copies of an environment, each drawing from the seed that its episode began with. */
class ServedWorld {
  readonly said: object;
  readonly resetBytes: number;
  readonly stepBytes: number;
  private readonly environments: readonly Environment[];
  private readonly actionSpace: ActionSpace;
  private readonly streams: Random[];
  private readonly lengths: Int32Array;
  private readonly timeLimit: number | undefined;
  private readonly autoreset: boolean;
  private readonly width: number;
  /** Numbers of a mask; 0: nothing is ever ruled out. */
  private readonly maskWidth: number;
  private readonly action: Float32Array;
  private readonly transition: Transition = { reward: 0, terminated: false };

  constructor(definition: EnvironmentDefinition, { options: given, copies, autoreset }: Asked) {
    const parsed = definition.options.safeParse(given);
    if (!parsed.success) {
      const issues = parsed.error.issues.map((each) => ({
        ...each,
        path: ['environment', 'options', ...each.path],
      }));
      const schema = configJsonSchema(jsonSchemaOf(definition.options));
      const [first = ''] = explainIssues(
        issues,
        { environment: { options: given } },
        schema,
        () => definition.id,
      );
      throw new UserError(first);
    }
    const options = parsed.data;
    this.environments = Array.from({ length: copies }, () =>
      definition.create(options, randomStream(0, 'environment/task')),
    );
    const [{ observationSpace, actionSpace, actionMask }] = this.environments;
    this.actionSpace = actionSpace;
    this.autoreset = autoreset;
    this.timeLimit = definition.timeLimit(options);
    this.width = widthOf(observationSpace);
    this.maskWidth = actionMask ? maskWidthOf(actionSpace) : 0;
    this.action = new Float32Array(widthOf(actionSpace));
    this.streams = Array.from({ length: copies }, () => randomStream(0, 'environment/0'));
    this.lengths = new Int32Array(copies);
    this.resetBytes = 4 * copies;
    this.stepBytes = 4 * copies * (this.action.length + 1);
    this.said = {
      observation: spaceWords(observationSpace),
      action: spaceWords(actionSpace),
      timeLimit: this.timeLimit ?? null,
      ...(this.maskWidth > 0 && { masked: true }),
    };
  }

  reset(body: Uint8Array): Uint8Array {
    const seeds = numbersIn(body);
    const { environments, width, maskWidth } = this;
    const copies = environments.length;
    const answer = new Uint8Array(copies * (4 * width + maskWidth));
    const observations = new Float32Array(answer.buffer, 0, copies * width);
    for (let i = 0; i < copies; i++) {
      this.begin(i, seeds.getUint32(4 * i, true), observations);
      this.writeMask(i, answer, 4 * copies * width);
    }
    return answer;
  }

  step(body: Uint8Array): Uint8Array {
    const { environments, width, maskWidth, transition, action } = this;
    const copies = environments.length;
    const layout = steppedLayout(copies, width, maskWidth);
    const answer = new Uint8Array(layout.finals + 4 * copies * width);
    const rewards = new Float64Array(answer.buffer, 0, copies);
    const observations = new Float32Array(answer.buffer, layout.observations, copies * width);
    const numbers = numbersIn(body);
    let ended = 0;
    for (let i = 0; i < copies; i++) {
      this.readAction(numbers, i);
      const row = observations.subarray(i * width, (i + 1) * width);
      environments[i].step(action, this.streams[i], row, transition);
      rewards[i] = transition.reward;
      this.lengths[i]++;
      const isCut = this.lengths[i] === this.timeLimit;
      if (transition.terminated) answer[layout.terminated + i] = 1;
      else if (isCut) answer[layout.truncated + i] = 1;
      if (!(transition.terminated || isCut)) {
        this.writeMask(i, answer, layout.masks);
        continue;
      }
      if (!this.autoreset) continue;
      answer.set(new Uint8Array(row.slice().buffer), layout.finals + 4 * width * ended++);
      this.begin(i, numbers.getUint32(4 * (copies * action.length + i), true), observations);
      this.writeMask(i, answer, layout.masks);
    }
    return answer.subarray(0, layout.finals + 4 * width * ended);
  }

  private begin(i: number, seed: number, observations: Float32Array): void {
    this.streams[i] = randomStream(seed, 'environment/0');
    this.lengths[i] = 0;
    this.environments[i].reset(this.streams[i], observations.subarray(i * this.width, (i + 1) * this.width));
  }

  /** @param at where the masks of all copies begin */
  private writeMask(i: number, answer: Uint8Array, at: number): void {
    if (this.maskWidth === 0) return;
    const start = at + i * this.maskWidth;
    this.environments[i].actionMask?.(answer.subarray(start, start + this.maskWidth).fill(1));
  }

  private readAction(numbers: DataView, i: number): void {
    const { action, actionSpace: space } = this;
    for (let a = 0; a < action.length; a++) {
      const value = numbers.getFloat32(4 * (i * action.length + a), true);
      if (space.kind === 'box') {
        if (Number.isNaN(value)) throw new EnvironmentError(`action[${a}] is NaN`);
        action[a] = Math.min(Math.max(value, space.low[a]), space.high[a]);
        continue;
      }
      const values = valuesOf(space, a);
      if (!(Number.isInteger(value) && value >= 0 && value < values))
        throw new EnvironmentError(`action[${a}] must be an integer in [0, ${values - 1}], got ${value}`);
      action[a] = value;
    }
  }
}

function numbersIn(body: Uint8Array): DataView {
  return new DataView(body.buffer, body.byteOffset, body.byteLength);
}

/** A space as JSON has it; its names stay here. */
function spaceWords(space: ActionSpace): object {
  if (space.kind !== 'box') return { kind: space.kind, n: space.n };
  const bound = (value: number): number | string => (Number.isFinite(value) ? value : String(value));
  return { kind: 'box', low: Array.from(space.low, bound), high: Array.from(space.high, bound) };
}

/** What `failed` says. */
function failureOf(error: unknown): object {
  if (error instanceof UserError) return { refused: true, type: error.name, message: error.message };
  const { name, message, stack = '' } = error instanceof Error ? error : new Error(String(error));
  const frames = [...stack.matchAll(/^\s+at (\S+) \((.*):(\d+):\d+\)$/gm)].map(([, call, file, line]) => [
    call,
    file,
    Number(line),
  ]);
  return { refused: false, type: name, message, copy: null, frames };
}

const buffer = { bytes: new Uint8Array(1 << 16) };

/** The next request; undefined: there is none any more. The same memory each time. @throws UserError for half of one */
function read(): Uint8Array | undefined {
  let have = 0;
  for (let need = HEADER_BYTES; have < need; ) {
    const got = readSync(REQUESTS, buffer.bytes, have, need - have, null);
    if (got === 0 && have === 0) return undefined;
    if (got === 0) throw new UserError(`the input ended in a request, after ${have} of ${need} bytes`, 1);
    have += got;
    if (have < HEADER_BYTES) continue;
    const { bytes } = readHeader(buffer.bytes);
    if (bytes > MOST_WORDS) throw new UserError(`a request of ${bytes} bytes is none`);
    need = HEADER_BYTES + bytes;
    if (need <= buffer.bytes.length) continue;
    const larger = new Uint8Array(need);
    larger.set(buffer.bytes.subarray(0, have));
    buffer.bytes = larger;
  }
  return buffer.bytes.subarray(0, have);
}

function write(frame: Uint8Array): void {
  for (let sent = 0; sent < frame.length; ) sent += writeSync(ANSWERS, frame, sent, frame.length - sent);
}
