import type { StateValue } from '../elementary/state.ts';
import { asked, problemInState, shown, thrownBy } from './contract.ts';
import { type Drawing, inks, type Shape } from './drawing.ts';
import { type Environment, EnvironmentError } from './environment.ts';
import { guardTable } from './own-model.ts';

/**
 * One copy of somebody's own environment, whose members are told as theirs where they throw, or give what they may not. What `reset`
 * and `step` write is looked at by who calls them.
 * @param name how errors call it: id and file
 */
export function guardCopy(own: Environment, name: string): Environment {
  const { observationSpace, actionSpace, tabular, sequences } = own;
  const { actionMask, optimalAction, snapshot, restore, render, draw } = own;
  const ask = <T>(member: string, call: () => T): T => asked(`${member} of ${name}`, call);
  const refuse = (why: string): never => {
    throw new EnvironmentError(why);
  };
  const guarded: Environment = {
    ...{ observationSpace, actionSpace },
    // Called at every step: no function is made there. What they return should be nothing, and is passed on to be refused.
    reset(random, observation) {
      try {
        return own.reset(random, observation);
      } catch (cause) {
        throw thrownBy(`reset of ${name}`, cause);
      }
    },
    step(action, random, observation, transition) {
      try {
        return own.step(action, random, observation, transition);
      } catch (cause) {
        throw thrownBy(`step of ${name}`, cause);
      }
    },
    ...(actionMask && {
      actionMask(mask: Uint8Array) {
        try {
          actionMask.call(own, mask);
        } catch (cause) {
          throw thrownBy(`actionMask of ${name}`, cause);
        }
        const odd = mask.findIndex((each) => each > 1);
        if (odd >= 0) refuse(`actionMask of ${name} must write 0 or 1, wrote ${mask[odd]} in mask[${odd}]`);
      },
    }),
    ...(optimalAction && {
      optimalAction() {
        // Of no known action it may give nothing, too.
        const action: unknown = ask('optimalAction', () => optimalAction.call(own)) ?? -1;
        const last = actionSpace.kind === 'discrete' ? actionSpace.n - 1 : -1;
        if (Number.isInteger(action) && (action as number) >= -1 && (action as number) <= last)
          return action as number;
        return refuse(
          `optimalAction of ${name} must give an action, 0 to ${last}, or −1, got ${shown(action)}`,
        );
      },
    }),
    ...(snapshot && {
      snapshot() {
        const state = ask('snapshot', () => snapshot.call(own));
        const problem = unkept(state);
        return problem === undefined
          ? state
          : refuse(`snapshot of ${name} gives what no file keeps: ${problem}`);
      },
    }),
    ...(restore && { restore: (state: StateValue) => ask('restore', () => restore.call(own, state)) }),
    ...(tabular && { tabular: guardTable(tabular, name) }),
    ...(sequences && { sequences }),
    ...(render && {
      render() {
        const picture: unknown = ask('render', () => render.call(own));
        return typeof picture === 'string'
          ? picture
          : refuse(`render of ${name} must give a text, got ${shown(picture)}`);
      },
    }),
    ...(draw && {
      draw() {
        const drawing = ask('draw', () => draw.call(own));
        const problem = drawingProblem(drawing);
        return problem === undefined ? drawing : refuse(`draw of ${name} ${problem}`);
      },
    }),
  };
  // Each may be another object, or number, after a step.
  for (const member of ['figureNames', 'figures', 'rawReward'] as const)
    Object.defineProperty(guarded, member, { get: () => own[member], enumerable: true });
  return guarded;
}

/** What a file would keep as something else, with its place; undefined: nothing. */
function unkept(state: unknown): string | undefined {
  return problemInState(state, (value) => {
    if (typeof value === 'bigint' || typeof value === 'symbol') return `is a ${typeof value}`;
    if (typeof value !== 'object') return undefined;
    const kind = Object.prototype.toString.call(value).slice('[object '.length, -1);
    return kind === 'Object' || kind === 'Array' ? undefined : `is a ${kind}`;
  });
}

const NUMBERS = {
  rectangle: ['x', 'y', 'width', 'height'],
  circle: ['x', 'y', 'radius'],
  line: ['x1', 'y1', 'x2', 'y2', 'width'],
  polygon: [],
} satisfies Record<Shape['kind'], readonly string[]>;

/** What is wrong with a drawing, to stand after its name. */
function drawingProblem(drawing: Drawing): string | undefined {
  if (typeof drawing !== 'object' || drawing === null)
    return `must give { width, height, shapes, seconds }, got ${shown(drawing)}`;
  for (const part of ['width', 'height', 'seconds'] as const)
    if (!(Number.isFinite(drawing[part]) && drawing[part] > 0))
      return `must give a finite ${part} > 0, got ${shown(drawing[part])}`;
  if (!Array.isArray(drawing.shapes)) return `must give an array of shapes, got ${shown(drawing.shapes)}`;
  for (const [i, shape] of (drawing.shapes as readonly Shape[]).entries()) {
    const problem = shapeProblem(shape);
    if (problem !== undefined) return `gives in shapes[${i}] ${problem}`;
  }
  return undefined;
}

function shapeProblem(shape: Shape): string | undefined {
  if (typeof shape !== 'object' || shape === null || !Object.hasOwn(NUMBERS, shape.kind))
    return `what is no ${Object.keys(NUMBERS).join(', ')}: ${shown(shape)}`;
  if (!inks.includes(shape.ink)) return `the ink ${shown(shape.ink)}, there are ${inks.join(', ')}`;
  const numbers = shape as unknown as Readonly<Record<string, unknown>>;
  const odd = NUMBERS[shape.kind].find((each) => !Number.isFinite(numbers[each]));
  if (odd !== undefined) return `${odd} ${shown(numbers[odd])}, which is no finite number`;
  if (shape.kind !== 'polygon') return undefined;
  const isCorner = (corner: unknown): boolean =>
    Array.isArray(corner) && corner.length === 2 && corner.every((each) => Number.isFinite(each));
  const { points } = shape;
  return Array.isArray(points) && points.every(isCorner)
    ? undefined
    : `points that are no array of [x, y]: ${shown(points)}`;
}
