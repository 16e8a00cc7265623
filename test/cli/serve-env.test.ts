import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { built } from '../built.ts';
import { NEEDS, pythonWithGymnasium } from '../node/python.ts';

/* `leash serve-env`: the protocol byte for byte, and Gymnasium's own check of what Python makes of it. */

const folder = mkdtempSync(join(tmpdir(), 'leash-serve-'));
afterAll(() => rmSync(folder, { recursive: true }));

const hexOf = (text: string): string => Buffer.from(text).toString('hex');

/** Kind, world, number and body as a frame, in hexadecimal. */
function frame(kind: number, world: number, number: number, body: string): string {
  const header = Buffer.alloc(16);
  [kind, world, number, body.length / 2].forEach((word, i) => void header.writeUInt32LE(word, 4 * i));
  return header.toString('hex') + body;
}

/** What is answered to requests, the hello left out. */
function ask(
  id: string,
  ...requests: readonly string[]
): { answers: string[]; stderr: string; code: number | null } {
  const { stdout, stderr, status } = spawnSync(process.execPath, [built, 'serve-env', id], {
    cwd: folder,
    input: Buffer.from(requests.join(''), 'hex'),
  });
  const answers: string[] = [];
  for (let at = 0; at < stdout.length; ) {
    const end = at + 16 + stdout.readUInt32LE(at + 12);
    answers.push(stdout.subarray(at, end).toString('hex'));
    at = end;
  }
  return { answers: answers.slice(1), stderr: String(stderr), code: status };
}

const words = (answer: string) => JSON.parse(Buffer.from(answer.slice(32), 'hex').toString('utf8'));

describe('leash serve-env', () => {
  it('answers byte for byte as docs/gymnasium.md says', () => {
    const options = '{"options":{"slippery":false,"timeLimit":3},"copies":2,"autoreset":true}';
    const { answers, code, stderr } = ask(
      'FrozenLake-v1',
      frame(2, 7, 1, hexOf(options)),
      frame(4, 7, 2, '0100000002000000'),
      // Right and down, then right and right, then down and up: the third step is the last.
      frame(6, 7, 3, '000000400000803f0300000004000000'),
      frame(6, 7, 4, '00000040000000400300000004000000'),
      frame(6, 7, 5, '0000803f000040400500000006000000'),
      frame(8, 7, 6, ''),
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(words(answers[0])).toEqual({
      observation: { kind: 'discrete', n: 16 },
      action: { kind: 'discrete', n: 4 },
      timeLimit: 3,
    });
    const zero = '00000000';
    const noReward = zero.repeat(2);
    const number = (value: number): string => {
      const bytes = Buffer.alloc(4);
      bytes.writeFloatLE(value);
      return bytes.toString('hex');
    };
    expect(answers.slice(1)).toEqual([
      frame(5, 7, 2, zero + zero),
      frame(7, 7, 3, `${noReward.repeat(2)}${number(1)}${number(4)}00000000`),
      // State 5 is a hole.
      frame(7, 7, 4, `${noReward.repeat(2)}${number(2)}${zero}00010000${number(5)}`),
      frame(7, 7, 5, `${noReward.repeat(2)}${zero}${zero}00000100${number(6)}`),
      frame(9, 7, 6, ''),
    ]);
  });

  it('has masks where the environment has them, behind the observations and behind the flags', () => {
    const options =
      '{"options":{"map":["SG",".."],"maskWalls":true,"timeLimit":2},"copies":1,"autoreset":true}';
    const { answers } = ask(
      'GridWorld',
      frame(2, 7, 1, hexOf(options)),
      frame(4, 7, 2, '01000000'),
      // Down and up: the second step is the last.
      frame(6, 7, 3, '0000803f03000000'),
      frame(6, 7, 4, '0000404004000000'),
    );
    expect(words(answers[0])).toMatchObject({ timeLimit: 2, masked: true });
    const [cornerOf, below] = ['00010100', '00000101'];
    const noReward = '00'.repeat(8);
    expect(answers.slice(1)).toEqual([
      frame(5, 7, 2, `00000000${cornerOf}`),
      // Two flags, a mask of four, two zeros.
      frame(7, 7, 3, `${noReward}000000400000${below}0000`),
      frame(7, 7, 4, `${noReward}000000000001${cornerOf}000000000000`),
    ]);
  });

  it('says what is wrong in place of an answer', () => {
    const make = (options: object): string =>
      frame(2, 1, 1, hexOf(JSON.stringify({ options, copies: 1, autoreset: false })));
    const { answers, code } = ask(
      'CartPole-v1',
      make({ timeLimit: -1 }),
      ...[
        '{"options":{},"copies":0,"autoreset":false}',
        '{"options":{},"copies":1e9,"autoreset":false}',
        '{"options":[],"copies":1,"autoreset":false}',
        '{"options":{},"copies":1,"autoreset":5}',
        'null',
        '[1]',
        '{"options',
      ].map((body) => frame(2, 2, 1, hexOf(body))),
      make({}),
      frame(4, 1, 3, '00000000'),
      frame(6, 1, 4, '0000004000000000'),
      frame(6, 1, 5, '00'),
      frame(6, 9, 6, '0000004000000000'),
    );
    expect(code).toBe(0);
    const said = answers.filter((answer) => answer.startsWith('0a')).map((answer) => words(answer));
    expect(said.every(({ refused }) => refused)).toBe(true);
    expect(said.map(({ message }) => message)).toEqual([
      'environment.options.timeLimit must be an integer in [1, 1000000], got -1 (CartPole-v1)',
      'copies must be an integer in [1, 65536], got 0',
      'copies must be an integer in [1, 65536], got 1000000000',
      'environment.options must be an object, got [] (CartPole-v1)',
      'autoreset must be true or false, got 5',
      'make must be a JSON object with options, copies and autoreset, got "null"',
      'make must be a JSON object with options, copies and autoreset, got "[1]"',
      'make must be a JSON object with options, copies and autoreset, got "{\\"options"',
      'action[0] must be an integer in [0, 1], got 2',
      'a request of kind 6 and 1 bytes for world 1 has no answer',
      'a request of kind 6 and 8 bytes for world 9 has no answer',
    ]);
  });

  it('says that its input ended in a request, and ends with 1', () => {
    for (const [input, bytes] of [
      ['010203', '3 of 16'],
      [frame(2, 1, 1, '00'.repeat(9)).slice(0, -2), '24 of 25'],
    ])
      expect(ask('CartPole-v1', input)).toEqual({
        ...{ answers: [], code: 1 },
        stderr: `leash: the input ended in a request, after ${bytes} bytes\n`,
      });
  });

  it('refuses what is no environment of leash', () => {
    expect(ask('CartPoel-v1').stderr).toContain('did you mean CartPole-v1?');
    expect(ask('gym:CartPole-v1').stderr).toContain("is Python's already");
  });
});

const python = pythonWithGymnasium();

/** Every environment that has defaults, and one with options, by Gymnasium's own check. */
const CHECK = `
import sys, warnings
sys.path.insert(0, sys.argv[1])
from leash_gymnasium import LeashEnv
from gymnasium.utils.env_checker import check_env
command = sys.argv[2:4]
warnings.simplefilter("error")
# What is no fault: bounds that leash has none of, and no picture.
for words in [".*infinity.*", ".*render.*", ".*spec.*", ".*symmetric.*", ".*no starting.*"]:
    warnings.filterwarnings("ignore", message=words)
for id, options in [
    ("CartPole-v1", {}), ("Pendulum-v1", {}), ("Acrobot-v1", {}), ("MountainCarContinuous-v0", {}), ("Taxi-v4", {}),
    ("FrozenLake-v1", {}), ("GaussianBandit", {"arms": 3}), ("GridWorld", {"map": ["S..", "..G"], "slip": 0.3}),
]:
    environment = LeashEnv(id, command, **options)
    check_env(environment, skip_render_check=True)
    observation, _ = environment.reset(seed=3)
    steps = 0
    over = False
    while not over and steps < 1000:
        observation, reward, terminated, truncated, _ = environment.step(environment.action_space.sample())
        over = terminated or truncated
        steps += 1
    assert over, id
    environment.close()
    print(id, "checked")
environment = LeashEnv("GridWorld", command, map=["S..", "..G"], maskWalls=True)
check_env(environment, skip_render_check=True)
observation, info = environment.reset(seed=3)
assert list(info["action_mask"]) == [0, 1, 1, 0], info
for _ in range(200):
    observation, _, terminated, truncated, info = environment.step(environment.action_space.sample(info["action_mask"]))
    if terminated or truncated:
        assert info == {}, info
        observation, info = environment.reset()
    assert info["action_mask"].any(), info
environment.close()
print("masks", "checked")
try:
    LeashEnv("CartPole-v1", command, timeLimit=-1)
except RuntimeError as error:
    print(error)
`;

describe.skipIf(python === undefined)(NEEDS, () => {
  it('docs/leash_gymnasium.py passes Gymnasium’s check_env', () => {
    const docs = fileURLToPath(new URL('../../docs', import.meta.url));
    const { stdout, stderr, status } = spawnSync(
      python as string,
      ['-c', CHECK, docs, process.execPath, built],
      { cwd: folder, encoding: 'utf8' },
    );
    expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
    expect(stdout.match(/ checked/g)).toHaveLength(9);
    expect(stdout).toContain('environment.options.timeLimit must be an integer in [1, 1000000], got -1');
  });
});
