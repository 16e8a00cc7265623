import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateRawSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { show } from '../../src/config/problem.ts';
import { importPolicy } from '../../src/exchange/import-policy.ts';
import { writeNpz } from '../../src/exchange/npz.ts';
import { readZip } from '../../src/exchange/zip.ts';
import { crc32 } from '../../src/formats/crc.ts';

const folder = mkdtempSync(join(tmpdir(), 'leash-damaged-'));
const tanh = { activation: 'tanh' } as const;

describe('a model.json', () => {
  const dense = (name: string) => ({ class_name: 'Dense', config: { name, activation: 'linear' } });
  const weights = [
    { name: 'd/kernel', shape: [3, 2], dtype: 'float32' },
    { name: 'd/bias', shape: [2], dtype: 'float32' },
  ];
  const model = {
    modelTopology: { class_name: 'Sequential', config: { layers: [dense('d')] } },
    weightsManifest: [{ paths: ['w.bin'], weights }],
  };

  /** Imports the model with one thing changed. @param bytes of its file of weights */
  function imported(name: string, document: unknown, bytes = 32): () => unknown {
    const path = join(folder, name);
    mkdirSync(path, { recursive: true });
    writeFileSync(join(path, 'w.bin'), Buffer.alloc(bytes));
    writeFileSync(join(path, 'model.json'), JSON.stringify(document));
    return () => importPolicy(join(path, 'model.json'), tanh);
  }
  const withShape = (shape: unknown) => ({
    ...model,
    weightsManifest: [{ paths: ['w.bin'], weights: [{ ...weights[0], shape }, weights[1]] }],
  });

  test('that is whole is read', () => {
    expect(imported('whole', model)()).toMatchObject({ policy: { shape: { inputs: 3, outputs: 2 } } });
  });

  test.each([
    [
      'paths that are no array',
      { ...model, weightsManifest: [{ paths: 'w.bin', weights }] },
      'paths must be an array',
    ],
    ['no manifest', { ...model, weightsManifest: {} }, 'has no modelTopology and weightsManifest'],
    ['a list', [model], 'is a JSON array, no policy'],
    [
      'a fractional shape',
      withShape([1.5, 4]),
      'weightsManifest.0.weights.0.shape.0 must be an integer in [0, 268435456], got 1.5',
    ],
    ['a negative shape', withShape([-3, -2]), 'got -3'],
    [
      'a huge shape',
      withShape([268435456, 268435456]),
      'weight d/kernel of shape [268435456, 268435456] is too large',
    ],
    ['a shape of other numbers', withShape([2, 3]), 'weight d/bias must have shape [3], has [2]'],
    ['a shape of one dimension', withShape([6]), 'weight d/kernel must have shape [6, 6], has [6]'],
    [
      'a weight twice',
      { ...model, weightsManifest: [{ paths: ['w.bin'], weights: [weights[0], weights[0]] }] },
      'has the weight d/kernel twice',
    ],
    [
      'layers of wrong types',
      { ...model, modelTopology: { class_name: 'Sequential', config: [3] } },
      'layers.0 must be an object, got 3',
    ],
    [
      'a layer without a config',
      { ...model, modelTopology: { class_name: 'Sequential', config: [{ class_name: 'Dense' }] } },
      'layers.0.config must be an object, but is missing',
    ],
    [
      'no layer',
      { ...model, modelTopology: { class_name: 'Sequential', config: [] } },
      'of its 0 Dense layers',
    ],
  ])('with %s is refused in one line', (name, document, message) => {
    const bytes = name === 'a weight twice' ? 48 : 32;
    expect(imported(name, document, bytes)).toThrow(message);
    expect(imported(name, document, bytes)).toThrow(join(folder, name, 'model.json'));
  });

  test('has its weights in its own folder, in regular files', () => {
    const paths = (...names: string[]) => ({ ...model, weightsManifest: [{ paths: names, weights }] });
    const outside = join(folder, 'outside.bin');
    writeFileSync(outside, Buffer.alloc(32));
    const linked = imported('linked', paths('link.bin'));
    symlinkSync(outside, join(folder, 'linked', 'link.bin'));
    expect(linked).toThrow('weightsManifest path "link.bin" is a link out of the folder of the model');
    symlinkSync('..', join(folder, 'linked', 'up'));
    expect(imported('linked', paths('up/outside.bin'))).toThrow(
      '"up/outside.bin" is a link out of the folder',
    );
    for (const name of [
      '../outside.bin',
      outside,
      'a/../../outside.bin',
      '..',
      '.',
      '/dev/zero',
      '../linked2/w.bin',
    ])
      expect(imported('linked', paths(name))).toThrow(
        `weightsManifest paths must stay in the folder of the model, got ${show(name)} (${join(folder, 'linked/model.json')})`,
      );
    execFileSync('mkfifo', [join(folder, 'linked', 'pipe.bin')]);
    expect(imported('linked', paths('pipe.bin'))).toThrow('pipe.bin is a named pipe, not a file of weights');
    mkdirSync(join(folder, 'linked', 'below'));
    expect(imported('linked', paths('below'))).toThrow('below is a directory, not a file of weights');
    expect(imported('linked', paths('none.bin'))).toThrow('there is no file of weights');
    // Links and folders that stay inside are a user's own business.
    writeFileSync(join(folder, 'linked', 'below', 'a.bin'), Buffer.alloc(8));
    writeFileSync(join(folder, 'linked', 'b.bin'), Buffer.alloc(24));
    symlinkSync('../b.bin', join(folder, 'linked', 'below', 'b.bin'));
    expect(imported('linked', paths('below/a.bin', './below/b.bin'))()).toMatchObject({
      head: 'categorical',
    });
    expect(imported('linked', paths('b.bin', 'b.bin'))).toThrow('b.bin is larger than 8 bytes');
  });

  test('whose weights are cut short, or longer than it says, is refused', () => {
    expect(imported('short', model, 31)).toThrow('w.bin must hold 32 bytes');
    expect(imported('long', model, 33)).toThrow('w.bin is larger than 32 bytes');
  });
});

/** A deflated archive that says of each file what it is told to. */
function zipOf(entries: readonly { name: string; packed: Buffer; size: number; crc?: number }[]): Buffer {
  const locals: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { name, packed, size, crc = 0 } of entries) {
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(name.length, 26);
    const central = Buffer.alloc(46);
    central.writeUInt32LE(0x02014b50, 0);
    central.writeUInt16LE(8, 10);
    central.writeUInt32LE(crc, 16);
    central.writeUInt32LE(packed.length, 20);
    central.writeUInt32LE(size, 24);
    central.writeUInt16LE(name.length, 28);
    central.writeUInt32LE(offset, 42);
    directory.push(central, Buffer.from(name));
    locals.push(local, Buffer.from(name), packed);
    offset += 30 + name.length + packed.length;
  }
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...locals, ...directory, end]);
}

describe('an npz', () => {
  const arrays = { 'action_net.bias': { shape: [2], data: Float32Array.of(1, 2) } };
  const whole = Buffer.from(writeNpz(arrays));
  const imported = (bytes: Uint8Array): (() => unknown) => {
    const path = join(folder, 'policy.npz');
    writeFileSync(path, bytes);
    return () => importPolicy(path, tanh);
  };

  test('with a flipped bit is refused, naming the array', () => {
    const flipped = Buffer.from(whole);
    const numbers = whole.lastIndexOf(Buffer.from([0, 0, 0x80, 0x3f]));
    flipped[numbers + 3] = (flipped[numbers + 3] as number) ^ 1;
    expect(imported(flipped)).toThrow(
      'policy.npz cannot be imported: action_net.bias.npy is damaged: its CRC-32 is not the one in the archive',
    );
  });

  test('cut short anywhere is refused in one line', () => {
    for (let length = 0; length < whole.length; length++) {
      expect(imported(whole.subarray(0, length))).toThrow(/not a zip archive|damaged/);
    }
  });

  test.each(['1.5,', '-1,', '99999999999999999999,', 'x,', '3,'])(
    'with the shape (%s) is refused',
    (shape) => {
      const bytes = Buffer.from(
        whole.toString('latin1').replace('(2,)', `(${shape})`.slice(0, 4).padEnd(4)),
        'latin1',
      );
      expect(imported(bytes)).toThrow(/policy\.npz cannot be imported: action_net\.bias/);
    },
  );

  test('that says it unpacks to more than 512 MB is refused before it is', () => {
    expect(imported(whole)).toThrow('it has no array');
    const huge = Buffer.from(whole);
    huge.writeUInt32LE(0xf0000000, whole.indexOf(Buffer.from([0x50, 0x4b, 1, 2])) + 24);
    expect(imported(huge)).toThrow('action_net.bias.npy is of 3,840 MB, more than the 512 MB that are read');
  });

  test.each([
    [[1e9], '[1000000000] would take 3,815 MB'],
    [[1e14, 1e14], '[100000000000000, 100000000000000] would take'],
    [[2 ** 27 + 1], '[134217729] would take 513 MB'],
  ])('with an array of shape %j, which is not there, is refused by its size', (shape, words) => {
    const npz = writeNpz({ 'action_net.bias': { shape, data: new Float32Array(2) } });
    expect(imported(npz)).toThrow(words);
    expect(imported(npz)).toThrow('; at most 512 MB are read');
  });

  test('of a few bytes that would inflate beyond what it says is given up there', () => {
    const zeros = deflateRawSync(Buffer.alloc(2 ** 24));
    const bomb = zipOf([{ name: 'a.npy', packed: zeros, size: 128 }]);
    expect(bomb.length).toBeLessThan(20_000);
    expect(imported(bomb)).toThrow('a.npy is damaged: it cannot be inflated to its 128 bytes');
  });

  test.each([0, 1, 6, 9])(
    'deflated by zlib at level %d is read, and no other bytes with a bit of it turned',
    (level) => {
      const bytes = Buffer.from(Float32Array.from({ length: 90 }, (_, i) => Math.cos(i)).buffer);
      const packed = deflateRawSync(bytes, { level });
      const entry = { name: 'a.npy', packed, size: bytes.length, crc: crc32(bytes) };
      expect(readZip(zipOf([entry]))).toEqual([{ name: 'a.npy', bytes: Uint8Array.from(bytes) }]);
      let refused = 0;
      for (let bit = 0; bit < 8 * packed.length; bit++) {
        const turned = Buffer.from(packed);
        turned[bit >> 3] ^= 1 << (bit & 7);
        try {
          // A bit that says nothing, behind the last block.
          expect(readZip(zipOf([{ ...entry, packed: turned }]))[0].bytes).toEqual(Uint8Array.from(bytes));
        } catch (error) {
          expect((error as Error).message).toMatch(/^a\.npy is damaged: /);
          refused += 1;
        }
      }
      expect(refused / (8 * packed.length)).toBeGreaterThan(0.98);
    },
  );

  test('is added up before anything of it is inflated', () => {
    const zeros = deflateRawSync(Buffer.alloc(2 ** 24));
    const entries = Array.from({ length: 33 }, (_, i) => ({
      name: `${i}.npy`,
      packed: zeros,
      size: 2 ** 24,
    }));
    expect(imported(zipOf(entries))).toThrow('unpacked it would take 528 MB; at most 512 MB are read');
  });

  test('crc32 of "123456789" is 0xcbf43926 (the check value of every list of CRCs)', () => {
    expect(crc32(Buffer.from('123456789'))).toBe(0xcbf43926);
  });
});
