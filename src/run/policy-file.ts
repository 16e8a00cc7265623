import { jsonSchemaOf } from '../config/fields.ts';
import { parseJson } from '../config/json.ts';
import { parseBySchema } from '../config/parse-by-schema.ts';
import { explainIssues, type Tree } from '../config/problem.ts';
import { sorted } from '../config/sorted.ts';
import { concatBytes, numberBytes } from '../formats/bytes.ts';
import { exactJson } from '../formats/exact-json.ts';
import { decodeSafetensors, encodeSafetensors, type FloatArray } from '../formats/safetensors.ts';
import { type Layout, layoutOf } from '../network/layout.ts';
import type { NetworkShape } from '../network/shape.ts';
import * as z from '../packages/zod.ts';
import { type HeadKind, headKinds } from '../policy/head.ts';
import { heads } from '../policy/heads.ts';
import type { ObservationWrapper } from '../rollout/environment.ts';
import type { MomentsState } from '../rollout/normalize.ts';
import { UserError } from '../user-error.ts';
import { type ActionBounds, actionBoundsSchema, requireActionBounds } from './action-bounds.ts';
import { headShapeOf, requireHeadShape } from './head-shape.ts';
import { observationWrappersSchema } from './observation-wrappers.ts';

/** One network as it is stored. */
export interface StoredNetwork {
  readonly shape: NetworkShape;
  readonly layout: Layout;
  readonly parameters: Float32Array;
}

/** A trained policy: all that acting needs. */
export interface StoredPolicy extends LoadedPolicy {
  readonly policy: StoredNetwork;
  readonly value?: StoredNetwork | undefined;
}

/** What a policy on the way is of. */
export interface Origin {
  readonly update: number;
  /** Of its run, with the names of files in place of paths. */
  readonly config: unknown;
}

const FORMAT = 'leash-policy-1';
const ROLES = ['policy', 'value'] as const;

/**
 * A policy as a safetensors file, which NumPy, PyTorch and JAX read. Arrays are `policy.hidden.0.weight` [in, out] and
 * so on, float32; the architecture, the head and the observation moments stand in its metadata.
 * @param origin of a policy on the way
 */
export function encodePolicy(stored: StoredPolicy, origin?: Origin): Uint8Array {
  const arrays = new Map<string, FloatArray>();
  for (const role of ROLES) {
    const network = stored[role];
    if (network === undefined) continue;
    const { layout, parameters } = network;
    for (const { name, offset, shape } of layout.blocks)
      arrays.set(`${role}.${name}`, { shape, data: parameters.subarray(offset, offset + sizeOf(shape)) });
  }
  return encodeSafetensors({
    arrays,
    metadata: {
      format: FORMAT,
      head: stored.head,
      policyShape: JSON.stringify(stored.policy.shape),
      ...(stored.value && { valueShape: JSON.stringify(stored.value.shape) }),
      ...(stored.observationMoments && { observationMoments: exactJson(stored.observationMoments) }),
      ...(stored.observationWrappers?.length && {
        observationWrappers: exactJson(stored.observationWrappers),
      }),
      ...(stored.actionBounds && { actionBounds: exactJson(stored.actionBounds) }),
      ...(stored.choices && { choices: JSON.stringify(stored.choices) }),
      ...(stored.masked && { masked: 'true' }),
      ...(stored.tokens && { tokens: JSON.stringify(stored.tokens) }),
      ...(origin && { origin: JSON.stringify(sorted(origin)) }),
    },
  });
}

/** What `decodePolicy` gives: shapes and flat parameters; layouts follow from the shapes. */
export interface LoadedPolicy {
  readonly head: HeadKind;
  readonly policy: { readonly shape: NetworkShape; readonly parameters: Float32Array };
  /** Absent where none was trained: with a critic-free estimator, and of what `leash fit` came to. */
  readonly value?: { readonly shape: NetworkShape; readonly parameters: Float32Array } | undefined;
  /** Running moments that observations are standardised by, where they are. */
  readonly observationMoments?: MomentsState | undefined;
  /** What its observations went through before that, the first innermost; absent: it is not known, or nothing. */
  readonly observationWrappers?: readonly ObservationWrapper[] | undefined;
  /** Of a Gaussian; absent in what leash 0.1.0 wrote, and of what other tools did. */
  readonly actionBounds?: ActionBounds | undefined;
  /** How many values each choice of a multi-discrete has. */
  readonly choices?: readonly number[] | undefined;
  /** Whether its environment says what may be done in a state (`actionMask`). */
  readonly masked?: boolean | undefined;
  /** What each action writes, where actions are tokens. */
  readonly tokens?: readonly string[] | undefined;
}

/** One with a value network. */
export interface ActorCritic extends LoadedPolicy {
  readonly value: NonNullable<LoadedPolicy['value']>;
}

/** The parameters as they are stored: policy then value, float32 little-endian. `run.json` holds their SHA-256. */
export function parameterBytes({ policy, value }: Pick<LoadedPolicy, 'policy' | 'value'>): Uint8Array {
  return concatBytes([policy, ...(value ? [value] : [])].map(({ parameters }) => numberBytes(parameters)));
}

/**
 * The policy in a file that `encodePolicy` wrote, or another writer of safetensors again: arrays are taken by name.
 * @param place how errors call the file: its path
 * @throws UserError when it is no such file; when an array is missing, unknown, of another shape than the architecture
 *   says, or holds a number that is not finite
 */
export function decodePolicy(bytes: Uint8Array, place: string): LoadedPolicy {
  return policyIn(decodeSafetensors(bytes, place), place);
}

/** As `decodePolicy`, with what it is of; undefined where the file does not say. */
export function decodeSnapshot(
  bytes: Uint8Array,
  place: string,
): { readonly stored: LoadedPolicy; readonly origin: Origin | undefined } {
  const file = decodeSafetensors(bytes, place);
  const stored = policyIn(file, place);
  const { origin } = file.metadata;
  if (origin === undefined) return { stored, origin };
  const { update, config } = parseBySchema(originSchema, parseJson(origin, `${place}: its origin`), place);
  return { stored, origin: { update, config } };
}

function policyIn({ arrays, metadata }: ReturnType<typeof decodeSafetensors>, place: string): LoadedPolicy {
  if (metadata.format === 'leash-fit-1')
    throw new UserError(
      `${place} is what leash fit came to, no policy; leash export RUN writes it for other tools`,
    );
  if (metadata.format !== FORMAT) {
    const found = metadata.format === undefined ? 'there is none' : `got ${JSON.stringify(metadata.format)}`;
    throw new UserError(
      `${place} is not a policy of leash: format in its __metadata__ must be ${FORMAT}, ${found}; a program that saves it again must keep the metadata, which says what the arrays mean`,
    );
  }
  const { policyShape, valueShape, ...said } = readMetadata(metadata, place);
  const shapes = { policy: policyShape, value: valueShape };
  if (valueShape === undefined && [...arrays.keys()].some((name) => name.startsWith('value.')))
    throw new UserError(
      `valueShape must be an object, since there are arrays of it, but is missing (${place})`,
    );
  const known = ROLES.flatMap((role) => {
    const shape = shapes[role];
    return shape === undefined ? [] : layoutOf(shape).blocks.map(({ name }) => `${role}.${name}`);
  });
  const twice = known.find((name, i) => known.indexOf(name) !== i);
  if (twice !== undefined) throw new UserError(`${place}: its architecture names the array ${twice} twice`);
  const unknown = [...arrays.keys()].find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw new UserError(
      `${place} has the array ${unknown}, which its policyShape and valueShape do not have`,
    );
  const network = (role: 'policy' | 'value', shape: NetworkShape): LoadedPolicy['policy'] => ({
    shape,
    parameters: flatten(shape, role, arrays, place),
  });
  return {
    ...said,
    policy: network('policy', policyShape),
    ...(valueShape && { value: network('value', valueShape) }),
  };
}

/** The arrays of one network as one flat vector. @throws UserError naming the array that is wrong */
function flatten(
  shape: NetworkShape,
  role: string,
  arrays: ReadonlyMap<string, FloatArray>,
  place: string,
): Float32Array {
  const { blocks, size } = layoutOf(shape);
  const parts = blocks.map(({ name, offset, shape: wanted }) => {
    const full = `${role}.${name}`;
    const array = arrays.get(full);
    if (array === undefined)
      throw new UserError(
        `${place} has no array ${full}; there are ${[...arrays.keys()].join(', ') || 'none'}`,
      );
    if (array.shape.join() !== wanted.join())
      throw new UserError(
        `${place}: ${full} must have shape [${wanted.join(', ')}], as ${role}Shape says, has [${array.shape.join(', ')}]`,
      );
    requireFinite(`${place}: ${full}`, array);
    return { offset, data: array.data };
  });
  // Only now is it known that the file is as long as the architecture says.
  const parameters = new Float32Array(size);
  for (const { offset, data } of parts) parameters.set(data, offset);
  return parameters;
}

/** @throws UserError naming the first number of the array that is none, and where it stands */
export function requireFinite(
  name: string,
  { shape, data }: { readonly shape: readonly number[]; readonly data: Float32Array | Float64Array },
): void {
  const at = data.findIndex((value) => !Number.isFinite(value));
  if (at < 0) return;
  const index: number[] = [];
  for (let d = shape.length - 1, rest = at; d >= 0; d--) {
    index.unshift(rest % shape[d]);
    rest = Math.floor(rest / shape[d]);
  }
  throw new UserError(`${name}[${index.join(', ')}] is ${data[at]}: every weight must be finite`);
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, dimension) => product * dimension, 1);
}

const count = z.int().min(0);
const width = z.int().min(1);
const networkShape = z.strictObject({
  inputs: width,
  hidden: z.array(width),
  outputs: width,
  activation: z.enum(['tanh', 'relu']),
  logStd: count,
  bias: z.literal(false).optional(),
  model: z
    .strictObject({
      topology: z.looseObject({ class_name: z.string(), config: z.unknown() }),
      weights: z.array(z.strictObject({ name: z.string(), shape: z.array(count) })),
    })
    .optional(),
});
const metadataSchema = z.strictObject({
  head: z.enum(headKinds),
  policyShape: networkShape,
  valueShape: networkShape.optional(),
  observationMoments: z
    .strictObject({
      count: z.number().min(0),
      mean: z.array(z.number()),
      squares: z.array(z.number().min(0)),
    })
    .optional(),
  observationWrappers: observationWrappersSchema.optional(),
  actionBounds: actionBoundsSchema.optional(),
  choices: z.array(width).optional(),
  masked: z.boolean().optional(),
  tokens: z.array(z.string()).optional(),
});

const originSchema = z.strictObject({ update: count, config: z.unknown() });

/** What a file says of its arrays. */
export interface PolicyDescription extends Omit<LoadedPolicy, 'policy' | 'value'> {
  readonly policyShape: NetworkShape;
  readonly valueShape?: NetworkShape | undefined;
}

function readMetadata(metadata: Readonly<Record<string, string>>, place: string): PolicyDescription {
  const raw: Tree = {};
  for (const name of Object.keys(metadataSchema.shape)) {
    const text = metadata[name];
    if (text !== undefined) raw[name] = name === 'head' ? text : parseJson(text, `${place}: its ${name}`);
  }
  return readDescription(raw, place);
}

/** @throws UserError naming the first field that is wrong */
export function readDescription(raw: Tree, place: string): PolicyDescription {
  const parsed = metadataSchema.safeParse(raw);
  if (!parsed.success)
    throw new UserError(
      explainIssues(parsed.error.issues, raw, jsonSchemaOf(metadataSchema), () => place)[0] as string,
    );
  // JSON has no undefined: an optional field is there or is not.
  const description = parsed.data as PolicyDescription;
  const { policyShape, valueShape, observationMoments } = description;
  const require = (field: string, value: number, wanted: number, why: string): void => {
    if (value !== wanted) throw new UserError(`${field} must be ${wanted}, ${why}, got ${value} (${place})`);
  };
  const { inputs, outputs } = policyShape;
  requireHeadShape(description, policyShape, 'policyShape.logStd', place);
  requireActionBounds(description.actionBounds, headShapeOf(description, policyShape), place);
  if (valueShape !== undefined) {
    require('valueShape.inputs', valueShape.inputs, inputs, 'the inputs of the policy');
    require('valueShape.outputs', valueShape.outputs, 1, 'a value');
    require('valueShape.logStd', valueShape.logStd, 0, 'a value');
  }
  const { head, masked, tokens } = description;
  if (masked && heads[head].isGaussian)
    throw new UserError(`masked is of actions that are chosen, the head is ${head} (${place})`);
  if (tokens && head !== 'categorical')
    throw new UserError(`tokens are of a categorical, the head is ${head} (${place})`);
  if (tokens) require('tokens.length', tokens.length, outputs, 'the actions of the policy');
  for (const each of ['mean', 'squares'] as const) {
    const length = observationMoments?.[each].length ?? inputs;
    require(`observationMoments.${each}.length`, length, inputs, 'the inputs of the policy');
  }
  return description;
}
