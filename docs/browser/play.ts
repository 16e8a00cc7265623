/*
 * A policy exported by leash, run by TensorFlow.js in a page: the environment is leash's own code, the policy a
 * LayersModel that knows nothing of leash.
 */
import '@tensorflow/tfjs-backend-cpu';
import { cast, enableProdMode, oneHot, ready, type Tensor, tensor1d, tidy } from '@tensorflow/tfjs-core';
import { loadLayersModel } from '@tensorflow/tfjs-layers';
import { frozenLake } from '../../envs/frozen-lake.ts';
import { randomStream } from '../../src/random/random.ts';
import type { Environment, Transition } from '../../src/rollout/environment.ts';

const ARROWS = ['←', '↓', '→', '↑'];
const NAMES = ['left', 'down', 'right', 'up'];
const PAUSE_MILLISECONDS = 250;

const find = (id: string): HTMLElement => document.getElementById(id) as HTMLElement;
const slippery = find('slippery') as HTMLInputElement;
const parameters = new URLSearchParams(location.search);
const seed = Number(parameters.get('seed') ?? 1);
const random = randomStream(seed, 'browser');

/** One episode on the lake. */
interface Game {
  readonly environment: Environment;
  readonly observation: Float32Array;
  readonly transition: Transition;
  steps: number;
  over: boolean;
}

function newGame(): Game {
  const options = frozenLake.options.parse({ slippery: slippery.checked });
  const environment = frozenLake.create(options, random);
  const observation = new Float32Array(1);
  environment.reset(random, observation);
  return { environment, observation, transition: { reward: 0, terminated: false }, steps: 0, over: false };
}

/** π(a|s) for every state, [states][actions]: the table is small, so the model is asked once. */
async function askPolicy(states: number): Promise<number[][]> {
  const model = await loadLayersModel('./policy/model.json');
  const probabilities = tidy(() => {
    const all = oneHot(
      tensor1d(
        Array.from({ length: states }, (_, s) => s),
        'int32',
      ),
      states,
    );
    const [, second] = model.predict(cast(all, 'float32')) as Tensor[];
    return (second as Tensor).arraySync() as number[][];
  });
  return probabilities;
}

function likeliest(probabilities: readonly number[]): number {
  return probabilities.indexOf(Math.max(...probabilities));
}

function draw(game: Game, policy: readonly number[][]): void {
  const grid = game.environment.tabular?.grid;
  if (grid === undefined) return;
  const state = game.observation[0] as number;
  const lake = find('lake');
  lake.style.gridTemplateColumns = `repeat(${grid.columns}, 1fr)`;
  lake.replaceChildren(
    ...grid.cells.map((cell, s) => {
      const box = document.createElement('div');
      const kind = cell === 'H' ? 'hole' : cell === 'G' ? 'goal' : 'ice';
      box.className = `cell ${kind}${s === state ? ' agent' : ''}`;
      box.textContent = kind === 'ice' ? (ARROWS[likeliest(policy[s] as number[])] as string) : '';
      return box;
    }),
  );
  find('probabilities').replaceChildren(
    ...NAMES.map((name, a) => {
      const probability = policy[state]?.[a] as number;
      const row = document.createElement('li');
      const label = document.createElement('span');
      const bar = document.createElement('span');
      const value = document.createElement('span');
      label.textContent = name;
      bar.className = 'bar';
      bar.style.width = `${100 * probability}%`;
      value.textContent = `${(100 * probability).toFixed(1)}%`;
      row.append(label, bar, value);
      return row;
    }),
  );
  const status = find('status');
  status.dataset.state = game.over ? 'over' : 'running';
  status.dataset.return = String(game.transition.reward);
  if (!game.over) status.textContent = `step ${game.steps}, state ${state}`;
  else if (game.transition.reward > 0) status.textContent = `reached the goal after ${game.steps} steps`;
  else status.textContent = `over without the goal after ${game.steps} steps`;
}

/** One step of the likeliest action. */
function advance(game: Game, policy: readonly number[][], limit: number): void {
  const action = Float32Array.of(likeliest(policy[game.observation[0] as number] as number[]));
  game.environment.step(action, random, game.observation, game.transition);
  game.steps += 1;
  game.over = game.transition.terminated || game.steps >= limit;
}

enableProdMode();
await ready();
let game = newGame();
const policy = await askPolicy(game.environment.tabular?.states as number);
const limit = frozenLake.timeLimit(frozenLake.options.parse({})) as number;
const step = (): void => {
  if (game.over) game = newGame();
  else advance(game, policy, limit);
  draw(game, policy);
};
let timer: ReturnType<typeof setInterval> | undefined;
find('step').addEventListener('click', step);
slippery.addEventListener('change', () => {
  game = newGame();
  draw(game, policy);
});
find('play').addEventListener('click', () => {
  clearInterval(timer);
  game = newGame();
  draw(game, policy);
  timer = setInterval(() => {
    step();
    if (game.over) clearInterval(timer);
  }, PAUSE_MILLISECONDS);
});
draw(game, policy);
