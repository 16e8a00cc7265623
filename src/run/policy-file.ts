import { readFileSync } from 'node:fs';
import type { Layout } from '../network/layout.ts';
import type { NetworkShape } from '../network/network.ts';
import type { MomentsState } from '../rollout/normalize.ts';
import { UserError } from '../user-error.ts';

/** One network as it is stored. */
export interface StoredNetwork {
  readonly shape: NetworkShape;
  readonly layout: Layout;
  readonly parameters: Float32Array;
}

/** A trained policy: all that acting needs. */
export interface StoredPolicy {
  readonly head: 'categorical' | 'diagonalGaussian';
  readonly policy: StoredNetwork;
  readonly value: StoredNetwork;
  /** Running moments that observations are standardised by, where they are. */
  readonly observationMoments?: MomentsState | undefined;
}

/**
 * The safetensors format: 8 bytes little-endian header length, a JSON header, then the raw arrays. Tensors
 * are `policy.hidden.0.weight` [in, out] and so on, float32; NumPy, PyTorch and JAX read it.
 */
export function encodePolicy(stored: StoredPolicy): Buffer {
  const header: Record<string, unknown> = {
    __metadata__: {
      format: 'leash-policy-1',
      head: stored.head,
      policyShape: JSON.stringify(stored.policy.shape),
      valueShape: JSON.stringify(stored.value.shape),
      ...(stored.observationMoments && { observationMoments: JSON.stringify(stored.observationMoments) }),
    },
  };
  const chunks: Buffer[] = [];
  let offset = 0;
  for (const role of ['policy', 'value'] as const) {
    const { layout, parameters } = stored[role];
    for (const block of layout.blocks) {
      const size = block.shape.reduce((product, d) => product * d, 1);
      const bytes = Buffer.alloc(size * 4);
      for (let i = 0; i < size; i++) bytes.writeFloatLE(parameters[block.offset + i], i * 4);
      header[`${role}.${block.name}`] = {
        dtype: 'F32',
        shape: block.shape,
        data_offsets: [offset, offset + bytes.length],
      };
      chunks.push(bytes);
      offset += bytes.length;
    }
  }
  const text = Buffer.from(JSON.stringify(header));
  // The format wants the data aligned to 8 bytes: the header is padded with spaces.
  const padded = Buffer.concat([text, Buffer.alloc((8 - (text.length % 8)) % 8, ' ')]);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(padded.length));
  return Buffer.concat([length, padded, ...chunks]);
}

/** What `decodePolicy` gives: shapes and flat parameters; layouts follow from the shapes. */
export interface LoadedPolicy {
  readonly head: StoredPolicy['head'];
  readonly policy: { readonly shape: NetworkShape; readonly parameters: Float32Array };
  readonly value: { readonly shape: NetworkShape; readonly parameters: Float32Array };
  readonly observationMoments?: MomentsState | undefined;
}

/** Reads what `encodePolicy` wrote. @throws UserError naming the file when it is not such a file */
export function readPolicyFile(path: string): LoadedPolicy {
  const bytes = readFileSync(path);
  try {
    return decodePolicy(bytes);
  } catch (cause) {
    throw new UserError(`${path} is not a policy saved by leash (${(cause as Error).message})`);
  }
}

/** See `readPolicyFile`. @throws Error saying what is wrong */
export function decodePolicy(bytes: Buffer): LoadedPolicy {
  const headerLength = Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.toString('utf8', 8, 8 + headerLength)) as Record<
    string,
    { shape: number[]; data_offsets: [number, number] }
  > & { __metadata__: Record<string, string> };
  const metadata = header.__metadata__;
  if (metadata.format !== 'leash-policy-1') throw new Error(`format ${metadata.format}`);
  const data = bytes.subarray(8 + headerLength);
  const flat = (role: string): Float32Array => {
    const names = Object.keys(header).filter((name) => name.startsWith(`${role}.`));
    const start = header[names[0]].data_offsets[0];
    const end = header[names[names.length - 1]].data_offsets[1];
    return Float32Array.from({ length: (end - start) / 4 }, (_, i) => data.readFloatLE(start + 4 * i));
  };
  const moments = metadata.observationMoments;
  return {
    head: metadata.head as StoredPolicy['head'],
    policy: { shape: JSON.parse(metadata.policyShape), parameters: flat('policy') },
    value: { shape: JSON.parse(metadata.valueShape), parameters: flat('value') },
    observationMoments: moments === undefined ? undefined : JSON.parse(moments),
  };
}
