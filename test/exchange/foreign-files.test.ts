import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { importPolicy } from '../../src/exchange/import-policy.ts';
import { writeZip } from '../../src/exchange/zip.ts';
import { join as safetensorsOf } from '../formats/rewrite.ts';

const folder = mkdtempSync(join(tmpdir(), 'leash-foreign-'));
afterAll(() => rmSync(folder, { recursive: true }));

const zip = (...names: string[]): Buffer =>
  Buffer.from(writeZip(names.map((name) => ({ name, bytes: Buffer.from('x') }))));
const bytes = (text: string): Buffer => Buffer.from(text, 'latin1');
const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
const quantised = (quantization: object, dtype = 'float32') => ({
  format: 'layers-model',
  modelTopology: { class_name: 'Sequential', config: { layers: [] } },
  weightsManifest: [
    { paths: ['w.bin'], weights: [{ name: 'd/kernel', shape: [1, 1], dtype, quantization }] },
  ],
});

const recipe = 'numpy.savez("sb3.npz", activation_fn=p.activation_fn.__name__';
const keras = 'tensorflowjs_converter --input_format=keras --output_format=tfjs_layers_model model.h5 FOLDER';

/** What begins a file of each kind, and two things that the one line about it says. */
const kinds: Readonly<Record<string, [Buffer, string, string]>> = {
  'an archive of SB3': [
    zip('data', 'pytorch_variables.pth', 'policy.pth', '_stable_baselines3_version'),
    "is Stable-Baselines3's own archive",
    recipe,
  ],
  'a .pth of PyTorch': [
    zip('archive/data.pkl', 'archive/version', 'archive/data/0'),
    'is a pickle, which only Python can read safely',
    recipe,
  ],
  'an old .pt of PyTorch': [bytes('\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.'), 'is a pickle', recipe],
  'a pickle': [bytes('\x80\x04\x95\x10\x00\x00\x00'), 'is a pickle', recipe],
  'a .npy': [bytes("\x93NUMPY\x01\x00v\x00{'descr': '<f4'"), 'is one array of NumPy', recipe],
  'a .h5': [bytes('\x89HDF\r\n\x1a\n\x00\x00'), 'is an HDF5 file', keras],
  'a .keras': [zip('metadata.json', 'config.json', 'model.weights.h5'), 'is a Keras archive', keras],
  'another zip': [
    zip('word/document.xml'),
    "is a zip archive of word/document.xml, not of NumPy's arrays",
    '(.npy)',
  ],
  'a .tflite': [bytes('\x1c\x00\x00\x00TFL3\x14\x00'), 'is a TensorFlow Lite model', keras],
  'an .onnx of PyTorch': [
    bytes('\x08\x08\x12\x07pytorch\x1a\x052.4.0:'),
    'is an ONNX model, whose graph leash writes but does not read',
    'npz',
  ],
  'a GraphModel': [
    json({ format: 'graph-model', modelTopology: { node: [] }, weightsManifest: [] }),
    'is a TensorFlow.js GraphModel',
    '--output_format=tfjs_layers_model',
  ],
  'a GraphModel without its format': [
    json({ modelTopology: { node: [] }, weightsManifest: [] }),
    'is a TensorFlow.js GraphModel',
    '--output_format=tfjs_layers_model',
  ],
  'weights of one byte': [
    json(quantised({ dtype: 'uint8', scale: 0.01, min: -1 })),
    'weight d/kernel is quantised',
    'without --quantize_',
  ],
  'weights of half precision': [
    json(quantised({ dtype: 'float16' })),
    'weight d/kernel is quantised',
    'without --quantize_',
  ],
  'weights of whole numbers': [
    json(quantised(undefined as unknown as object, 'int32')),
    'weight d/kernel is int32, not float32',
    'float32',
  ],
  'another safetensors': [
    safetensorsOf({ metadata: { format: 'pt' }, arrays: [] }),
    'is not a policy of leash',
    'format in its __metadata__ must be leash-policy-1, got "pt"',
  ],
  'another JSON': [
    json({ weights: [1] }),
    'has no modelTopology and weightsManifest',
    'it is no TensorFlow.js LayersModel',
  ],
  'no JSON': [bytes('{ "a": '), ':1:8: not valid JSON', 'expected a value'],
  'a text': [bytes('hello'), 'is none of what can be imported', 'docs/exchange.md'],
  nothing: [Buffer.alloc(0), 'is none of what can be imported', 'docs/exchange.md'],
  zeros: [Buffer.alloc(64), 'is none of what can be imported', 'docs/exchange.md'],
};

describe.each(Object.entries(kinds))(
  '%s gets one true line, whatever it is called',
  (kind, [content, what, todo]) => {
    test.each(['model.npz', 'model.json', 'model', 'policy.safetensors', 'model.zip'])('%s', (name) => {
      const path = join(folder, `${kind.replaceAll(/\W/g, '-')}-${name}`);
      writeFileSync(path, content);
      writeFileSync(join(folder, 'w.bin'), Buffer.alloc(4));
      for (const part of [path, what, todo])
        expect(() => importPolicy(path, {})).toThrow(
          expect.objectContaining({ name: 'UserError', message: expect.stringContaining(part) }),
        );
    });
  },
);

test('a folder asks for its model.json, and what is not there is not', () => {
  mkdirSync(join(folder, 'saved_model'));
  expect(() => importPolicy(join(folder, 'saved_model'), {})).toThrow(
    'saved_model is a folder; of a TensorFlow.js model name its model.json',
  );
  expect(() => importPolicy(join(folder, 'none.npz'), {})).toThrow('there is no file');
});

const numpy = spawnSync('python3', ['-c', 'import numpy']).status === 0;
test.skipIf(!numpy)(
  'the recipe of docs/exchange.md, run by NumPy itself, is read: stored or compressed',
  () => {
    const path = join(folder, 'numpy.npz');
    const program = `
import sys, numpy
g = numpy.random.default_rng(0)
f = lambda *shape: g.standard_normal(shape).astype('float32')
arrays = {'log_std': f(2), 'action_net.weight': f(2, 8), 'action_net.bias': f(2), 'value_net.weight': f(1, 8), 'value_net.bias': f(1)}
for role in ('policy', 'value'):
    arrays |= {f'mlp_extractor.{role}_net.0.weight': f(8, 3), f'mlp_extractor.{role}_net.0.bias': f(8)}
arrays |= {'activation_fn': 'ReLU', 'use_sde': False, 'squash_output': False, 'policy_class': 'ActorCriticPolicy', 'action_space': 'Box'}
arrays |= {'obs_rms.mean': g.standard_normal(3), 'obs_rms.var': numpy.ones(3), 'obs_rms.count': numpy.float64(100.0001), 'clip_obs': numpy.float64(10), 'epsilon': numpy.float64(1e-8)}
getattr(numpy, sys.argv[2])(sys.argv[1], **arrays)
print(arrays['action_net.weight'].T.astype('<f4').tobytes().hex())`;
    for (const save of ['savez', 'savez_compressed']) {
      const { stdout, stderr } = spawnSync('python3', ['-c', program, path, save], { encoding: 'utf8' });
      expect(stderr).toBe('');
      const { policy, head, observationMoments } = importPolicy(path, {});
      expect(policy.shape).toEqual({ inputs: 3, hidden: [8], outputs: 2, activation: 'relu', logStd: 2 });
      expect([head, observationMoments?.count]).toEqual(['diagonalGaussian', 100.0001]);
      const weight = policy.parameters.slice(3 * 8 + 8, 3 * 8 + 8 + 8 * 2);
      expect(Buffer.from(weight.buffer).toString('hex')).toBe(stdout.trim());
    }
  },
);
