import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import {
  type exportFormatNames,
  exportFormats,
  writeLayersModel,
} from '../../src/cli/policy/export-formats.ts';
import { configSchema } from '../../src/config/schema.ts';
import { importPolicy } from '../../src/exchange/import-policy.ts';
import { policyGraphOf } from '../../src/exchange/policy-graph.ts';
import { layoutOf } from '../../src/network/layout.ts';
import { sha256 } from '../../src/node/policy.ts';
import { decodeCheckpoint, encodeCheckpoint, policyOfCheckpoint } from '../../src/run/checkpoint-file.ts';
import {
  type ActorCritic,
  encodePolicy,
  type LoadedPolicy,
  type StoredPolicy,
} from '../../src/run/policy-file.ts';
import { writeOutput } from '../../src/run/output-file.ts';
import { LEASH_VERSION } from '../../src/version.ts';
import { policies } from './policies.ts';

const folder = mkdtempSync(join(tmpdir(), 'leash-fields-'));
afterAll(() => rmSync(folder, { recursive: true }));

type Format = (typeof exportFormatNames)[number] | 'layers model' | 'safetensors' | 'checkpoint';

const named = (name: string): ActorCritic => policies[name] as ActorCritic;
const categorical = named('a categorical tanh policy');
const gaussian = named('a Gaussian policy on normalised observations');
const choosing = named('a multi-discrete policy on normalised observations');
const wrapped = named('a policy behind wrappers');
const writing = named('a policy that writes tokens');
const withoutFirst = ({ shape, parameters }: LoadedPolicy['policy']): LoadedPolicy['policy'] => ({
  shape,
  parameters: parameters.map((each, i) => (i === 0 ? 0 : each)),
});

/**
 * Each field of a stored policy: one that has it, the same with another, and the formats that do not say it. A field that is
 * new does not compile before it stands here.
 */
const fields: {
  readonly [Field in keyof StoredPolicy]-?: {
    readonly stored: ActorCritic;
    readonly other: Pick<LoadedPolicy, Field>;
    readonly lostBy?: readonly Format[];
  };
} = {
  head: { stored: named('a squashed Gaussian policy'), other: { head: 'diagonalGaussian' } },
  policy: { stored: categorical, other: { policy: withoutFirst(categorical.policy) } },
  value: {
    stored: categorical,
    other: { value: withoutFirst(categorical.value) },
    lostBy: ['tfjs', 'layers model', 'onnx'],
  },
  observationMoments: {
    stored: gaussian,
    other: { observationMoments: { count: 500, mean: [0.5, -0.5, 1], squares: [250, 500, 1000] } },
  },
  observationWrappers: {
    stored: wrapped,
    other: { observationWrappers: wrapped.observationWrappers?.toReversed() },
  },
  actionBounds: { stored: gaussian, other: { actionBounds: { low: [-2, -1], high: [0.1, 3] } } },
  choices: { stored: choosing, other: { choices: [2, 2, 2] } },
  masked: { stored: named('a masked categorical policy'), other: { masked: undefined } },
  tokens: { stored: writing, other: { tokens: ['the', 'a', ''] } },
};

/** The same policy as a layers model of one array, as `network.tfjs` trains one. */
function asLayersModel(stored: ActorCritic): ActorCritic {
  const { inputs, outputs, logStd } = stored.policy.shape;
  const model = {
    topology: { class_name: 'Sequential', config: { name: 'x', layers: [] } },
    weights: [{ name: 'dense/kernel', shape: [inputs, outputs] }],
  };
  const shape = { ...stored.policy.shape, hidden: [], model };
  const parameters = stored.policy.parameters.slice(0, inputs * outputs + logStd);
  return { ...stored, policy: { shape, parameters } };
}

function encoded({ policy, value, ...rest }: ActorCritic): Uint8Array {
  const network = (each: LoadedPolicy['policy']) => ({ ...each, layout: layoutOf(each.shape) });
  return encodePolicy({ ...rest, policy: network(policy), value: network(value) });
}

function throughCheckpoint({ policy, value, observationMoments, ...rest }: ActorCritic): {
  readonly bytes: Buffer;
  readonly back: LoadedPolicy | undefined;
} {
  const bytes = encodeCheckpoint(
    {
      ...rest,
      leash: LEASH_VERSION,
      computer: { engine: 'wasm', node: '', platform: '', processor: '' },
      config: configSchema.parse({ environment: { id: 'CartPole-v1' } }),
      policyShape: policy.shape,
      valueShape: value.shape,
      sizes: {},
      startedAt: '',
      updatesOnTwo: 0,
      state: {
        update: 1,
        policy: { parameters: policy.parameters },
        value: { parameters: value.parameters },
        collecting: { observationMoments: observationMoments ?? null },
      },
    },
    sha256,
  );
  const { checkpoint } = decodeCheckpoint(bytes, 'x', sha256);
  return { bytes: Buffer.from(bytes), back: checkpoint && policyOfCheckpoint(checkpoint) };
}

let files = 0;
/** What is written, and what comes back of it; nothing of what is never read. */
const through: Readonly<
  Record<
    Format,
    (stored: ActorCritic) => { readonly bytes: Buffer; readonly back?: LoadedPolicy | undefined }
  >
> = {
  ...exported('tfjs'),
  ...exported('onnx'),
  ...exported('json'),
  ...exported('npz'),
  'layers model': (stored) => read((out) => writeLayersModel(asLayersModel(stored), out), 'model.json'),
  safetensors: (stored) => read((out) => writeOutput('--out', out, encoded(stored))),
  checkpoint: throughCheckpoint,
};

function exported<F extends (typeof exportFormatNames)[number]>(format: F) {
  const { write, files: [model] = [] } = exportFormats[format];
  const go = (stored: ActorCritic) =>
    read((out) => write(policyGraphOf(stored), out), model, format !== 'onnx');
  return { [format]: go } as Record<F, typeof go>;
}

function read(write: (out: string) => void, file = '', isRead = true) {
  files += 1;
  const out = join(folder, String(files));
  write(out);
  const path = join(out, file);
  const bytes = Buffer.concat([
    readFileSync(path),
    ...(file === '' ? [] : [readFileSync(join(out, 'group1-shard1of1.bin'))]),
  ]);
  if (!isRead) return { bytes };
  const { hasNewValue, value, ...back } = importPolicy(path, {});
  return { bytes, back: hasNewValue ? back : { ...back, value } };
}

describe.each(Object.keys(through) as Format[])('%s', (format) => {
  test.each(Object.entries(fields))(
    'says %s, or docs/exchange.md that it does not',
    (name, { stored, other, lostBy }) => {
      const field = name as keyof StoredPolicy;
      const changed: ActorCritic = Object.assign({ ...stored }, other);
      const [first, second] = [through[format](stored), through[format](changed)];
      const isLost = lostBy?.includes(format) ?? false;
      // Of what is never read back its bytes tell that it is there.
      expect(first.bytes.equals(second.bytes)).toBe(isLost);
      if (first.back === undefined || second.back === undefined) return expect(format).toBe('onnx');
      const isLayers = format === 'layers model' && field === 'policy';
      const wanted = isLayers ? asLayersModel(stored) : stored;
      expect(first.back[field]).toEqual(isLost ? undefined : wanted[field]);
      if (!isLayers) expect(second.back[field]).toEqual(isLost ? undefined : changed[field]);
    },
  );

  test('says nothing of tokens and wrappers where there are none, as files that are older than they do', () => {
    for (const stored of [categorical, { ...categorical, observationWrappers: [] }]) {
      if (format === 'checkpoint' && 'observationWrappers' in stored) continue;
      const { bytes, back } = through[format](stored);
      for (const word of ['tokens', 'observationWrappers', 'observation.wrappers'])
        expect(bytes.includes(word)).toBe(false);
      if (format !== 'onnx')
        expect([back?.tokens, back?.observationWrappers]).toEqual([undefined, undefined]);
    }
  });
});
