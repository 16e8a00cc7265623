import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { environments } from '../../envs/registry.ts';
import { createCanvas } from '../../src/cli/animation/canvas.ts';
import { colors } from '../../src/cli/animation/colors.ts';
import { evaluateCommand } from '../../src/cli/commands/evaluate.ts';
import { randomStream } from '../../src/random/random.ts';
import { inks, type Shape } from '../../src/rollout/drawing.ts';
import { widthOf } from '../../src/rollout/environment.ts';
import { runCommand, type Said } from './run-command.ts';

const folder = mkdtempSync(join(tmpdir(), 'leash-animation-'));
afterAll(() => rmSync(folder, { recursive: true }));
const fixture = (name: string): string =>
  new URL(`../fixtures/policies-0.1.0/${name}.safetensors`, import.meta.url).pathname;

beforeEach(() => void vi.spyOn(process.stdout, 'write').mockReturnValue(true));
afterEach(() => void vi.restoreAllMocks());

const evaluate = (said: Partial<Said<typeof evaluateCommand>>): Promise<number> =>
  runCommand(evaluateCommand, { RUN: fixture('frozen-lake'), env: 'FrozenLake-v1', episodes: '1', ...said });
const sha = (file: string): string => createHash('sha256').update(readFileSync(file)).digest('hex');

describe('leash evaluate --gif', () => {
  it('writes an episode as GIF and as SVG, the same bytes each time and everywhere', async () => {
    const [gif, svg] = ['lake.gif', 'lake.svg'].map((name) => join(folder, name)) as [string, string];
    await evaluate({ gif });
    await evaluate({ gif: svg });
    expect([sha(gif), sha(svg)]).toEqual(RECORDED);
    // An earlier one of the kind is replaced.
    await evaluate({ gif, seed: '1' });
    expect(sha(gif)).not.toBe(RECORDED[0]);
    const text = readFileSync(svg, 'utf8');
    expect(text.match(/<rect /g)).toHaveLength(17);
    expect(text.match(/<animate /g)).toHaveLength(2);
    expect(text).toContain('calcMode="discrete" repeatCount="indefinite"');
  });

  it('refuses what it cannot draw or write, before anything is written', async () => {
    await expect(evaluate({ gif: join(folder, 'a.png') })).rejects.toThrow(
      '--gif must be a file that ends in .gif or .svg, got ',
    );
    const text = join(folder, 'mine.gif');
    writeFileSync(text, 'mine');
    await expect(evaluate({ gif: text })).rejects.toThrow(
      'is there already and no earlier output of this kind',
    );
    expect(readFileSync(text, 'utf8')).toBe('mine');
    expect(existsSync(join(folder, 'a.png'))).toBe(false);
  });
});

/** Of the two files above: another hash is another picture. */
const RECORDED = [
  '0bed4dc04920c012b322366f32cea0d2e313d59e0f8419f3885c84c94eca1886',
  '372991bf0f65dd5a3dfd5100b40364ffc14ef0c206bad7049b8ad8d891966ea7',
];

describe('the drawing of an environment', () => {
  const drawn = ['CartPole-v1', 'Pendulum-v1', 'Acrobot-v1', 'MountainCar-v0', 'MountainCarContinuous-v0'];
  const grids = [
    'FrozenLake-v1',
    'FrozenLake8x8-v1',
    'CliffWalking-v1',
    'FourRooms',
    'WindyGridworld',
    'Taxi-v4',
  ];

  it.each([...drawn, ...grids])('of %s has the same shapes in every state, inside of it', (id) => {
    const definition = environments.find((each) => each.id === id);
    if (definition === undefined)
      throw new Error(`there is no ${id}: ${environments.map((each) => each.id).join()}`);
    const environment = definition.create(definition.options.parse({}), randomStream(0, 'environment/task'));
    const random = randomStream(1, 'drawing');
    const { actionSpace } = environment;
    const observation = new Float32Array(widthOf(environment.observationSpace));
    const transition = { reward: 0, terminated: false };
    environment.reset(random, observation);
    const first = environment.draw?.();
    if (first === undefined) throw new Error(`${id} has no drawing`);
    const kinds = first.shapes.map(({ kind, ink }) => `${kind} ${ink}`);
    let moved = false;
    for (let step = 0; step < 60 && !transition.terminated; step++) {
      const action =
        actionSpace.kind === 'discrete' ? [random.integer(actionSpace.n)] : [2 * random.uniform() - 1];
      environment.step(Float32Array.from(action), random, observation, transition);
      const now = environment.draw?.();
      expect(now?.shapes.map(({ kind, ink }) => `${kind} ${ink}`)).toEqual(kinds);
      expect([now?.width, now?.height, now?.seconds]).toEqual([first.width, first.height, first.seconds]);
      moved ||= JSON.stringify(now) !== JSON.stringify(first);
      for (const shape of now?.shapes ?? [])
        for (const [x, y] of centresOf(shape)) {
          expect(x).toBeGreaterThanOrEqual(0);
          expect(x).toBeLessThanOrEqual(first.width);
          expect(y).toBeGreaterThanOrEqual(0);
          expect(y).toBeLessThanOrEqual(first.height);
        }
    }
    expect(moved).toBe(true);
  });
});

function centresOf(shape: Shape): (readonly [number, number])[] {
  if (shape.kind === 'line')
    return [
      [shape.x1, shape.y1],
      [shape.x2, shape.y2],
    ];
  if (shape.kind === 'polygon') return [...shape.points];
  return [[shape.x, shape.y]];
}

describe('the canvas', () => {
  const at = (shape: Shape, x: number, y: number): readonly number[] => {
    const canvas = createCanvas(8, 8, 8);
    const pixels = canvas.paint([shape]);
    return canvas.palette()[pixels[y * 8 + x] as number] as readonly number[];
  };
  const { agent, paper } = colors;

  it('paints what is inside of a shape, and mixes at its edge', () => {
    const half = { kind: 'rectangle', x: 0, y: 0, width: 0.5, height: 1, ink: 'agent' } as const;
    expect(at(half, 3, 4)).toEqual(agent);
    expect(at(half, 4, 4)).toEqual(paper);
    const third = { ...half, width: 4 / 8 + 1 / 24 };
    expect(at(third, 4, 4)).toEqual(paper.map((part, i) => Math.round((2 * part + agent[i]) / 3)));
    const circle = { kind: 'circle', x: 0.5, y: 0.5, radius: 0.25, ink: 'agent' } as const;
    expect([at(circle, 4, 4), at(circle, 0, 0)]).toEqual([agent, paper]);
    const line = { kind: 'line', x1: 0, y1: 0.5, x2: 1, y2: 0.5, width: 0.3, ink: 'agent' } as const;
    expect([at(line, 6, 4), at(line, 6, 7)]).toEqual([agent, paper]);
    const points = [
      [0, 0],
      [1, 0],
      [0, 1],
    ] as const;
    const polygon = { kind: 'polygon', points, ink: 'agent' } as const;
    expect([at(polygon, 1, 1), at(polygon, 6, 6)]).toEqual([agent, paper]);
  });

  it('knows every ink', () => {
    expect(Object.keys(colors)).toEqual([...inks]);
  });
});
