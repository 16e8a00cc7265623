import { describe, expect, it, test } from 'vitest';
import { randomStream } from '../../src/random/random.ts';
import { readDamaged, type Reader } from './damaged-inputs.ts';
import { damage, type Kind } from './mutations.ts';
import { readers } from './readers.ts';

/** That of the property tests: `LEASH_TEST_SEED`. */
const SEED = Number(process.env.LEASH_TEST_SEED ?? 1);

/** What each reader is tried on here; 10,000 with `tsx test/faults/faults.ts damaged`. */
const INPUTS = 200;

test.each(readers.map((reader) => [reader.name, reader] as const))(
  '%s: damaged inputs are read or refused in one line',
  async (_, reader) => {
    const { failures, refused } = await readDamaged(reader, INPUTS, SEED);
    expect(failures).toEqual([]);
    // Rows that are damaged block nothing; all else is mostly refused.
    if (!['rows', 'ledger', 'experiment'].includes(reader.name)) expect(refused).toBeGreaterThan(INPUTS / 3);
  },
  600_000,
);

describe('the fuzzer', () => {
  const reader = (read: Reader['read']): Reader => ({
    name: 'a reader',
    files: { 'a.json': Buffer.from('{"a":[1,2,{"b":"c"}]}') },
    damaged: { 'a.json': 'json' },
    read: (folder, path) => (seen++ === 0 ? undefined : read(folder, path)),
  });
  let seen = 0;

  it('tells a stack, a second line and a message without a file', async () => {
    const failuresOf = async (message: () => Error): Promise<string> => {
      seen = 0;
      const thrower = reader(() => {
        throw message();
      });
      return (await readDamaged(thrower, 1, SEED)).failures.join();
    };
    expect(await failuresOf(() => new TypeError('x is not a function'))).toContain('exit code 70');
    expect(await failuresOf(() => Object.assign(new Error('gone'), { code: 'EACCES' }))).toContain(
      'names no file',
    );
  });

  it('damages the same way for the same seed, and differently for others', () => {
    const whole = Buffer.from('{"a":[1,2,{"b":"c"}]}');
    const damaged = (seed: number, kind: Kind): string[] =>
      Array.from({ length: 50 }, (_, i) =>
        damage(whole, kind, randomStream(seed, String(i))).toString('latin1'),
      );
    for (const kind of ['json', 'jsonl', 'csv', 'text', 'binary'] as const) {
      expect(damaged(1, kind)).toEqual(damaged(1, kind));
      expect(damaged(1, kind)).not.toEqual(damaged(2, kind));
    }
  });
});
