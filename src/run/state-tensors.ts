import type { StateValue } from '../elementary/state.ts';
import type { Tensor } from '../formats/safetensors.ts';

/*
 * The state of a run as named arrays and the rest. Arrays are those of the state (integers as float64, which holds them
 * exactly) and numbers that are no integers; what N things alike have, copies of an environment say, is one array whose
 * first dimension is N. The rest is JSON: objects as they are, whatever else stands for its array or list.
 *
 *   ["f32"], ["f64"], ["i32"]   an array, in the tensor of its path
 *   ["number"]                  a number in the tensor of its path
 *   ["list", n, of]             n values alike, each in its row of the tensors below
 *   ["items", [of, …]]          values that are not alike, `path.0`, `path.1`, …
 *   ["each", [value, …]]        words, flags or null, of each of a list
 */

const arrayKinds = { f32: Float32Array, f64: Float64Array, i32: Int32Array } as const;
type ArrayKind = keyof typeof arrayKinds;
type Kind = ArrayKind | 'number' | 'word' | 'list' | 'object';
type ArrayValue = InstanceType<(typeof arrayKinds)[ArrayKind]>;
type ObjectValue = { readonly [name: string]: StateValue };

/** A state without its arrays, as JSON has it. */
export type StateOutline =
  | null
  | boolean
  | number
  | string
  | readonly StateOutline[]
  | { readonly [name: string]: StateOutline };

/** Most values that the lists of one state may have together: what a file says of its lists is not believed beyond it. */
const MOST_LISTED = 2 ** 24;

function kindOf(value: StateValue): Kind {
  if (typeof value === 'number') return 'number';
  if (typeof value !== 'object' || value === null) return 'word';
  if (Array.isArray(value)) return 'list';
  return arrayKindNames.find((kind) => value instanceof arrayKinds[kind]) ?? 'object';
}

const arrayKindNames = Object.keys(arrayKinds) as ArrayKind[];

/** Whether two values differ in their numbers and words alone. */
function areAlike(a: StateValue, b: StateValue): boolean {
  const kind = kindOf(a);
  if (kind !== kindOf(b)) return false;
  if (kind === 'number' || kind === 'word') return true;
  if (kind === 'object') {
    const [left, right] = [a as ObjectValue, b as ObjectValue];
    const keys = Object.keys(left);
    const isSame = keys.length === Object.keys(right).length;
    return isSame && keys.every((key) => Object.hasOwn(right, key) && areAlike(left[key], right[key]));
  }
  const [left, right] = [a as ArrayLike<StateValue>, b as ArrayLike<StateValue>];
  if (left.length !== right.length) return false;
  if (kind !== 'list') return true;
  return (a as readonly StateValue[]).every((each, i) => areAlike(each, right[i]));
}

/** A dot in a name is no step of the path. */
function below(path: string, name: string | number): string {
  const step = String(name).replace(/[.%]/g, (letter) => (letter === '.' ? '%2E' : '%25'));
  return path === '' ? step : `${path}.${step}`;
}

/** @returns the arrays by the paths of what they hold, float64 first, and the rest */
export function tensorsOfState(state: StateValue): { tensors: Map<string, Tensor>; outline: StateOutline } {
  const tensors = new Map<string, Tensor>();
  const outline = outlineOf(state, '', [], [state], tensors);
  const isDouble = ([, { data }]: [string, Tensor]): number => (data instanceof Float64Array ? 0 : 1);
  // In the file each then stands at a multiple of its size.
  return { tensors: new Map([...tensors].sort((a, b) => isDouble(a) - isDouble(b))), outline };
}

/** @param values alike, the first among them; their number is the product of `dims` */
function outlineOf(
  first: StateValue,
  path: string,
  dims: readonly number[],
  values: readonly StateValue[],
  tensors: Map<string, Tensor>,
): StateOutline {
  const kind = kindOf(first);
  switch (kind) {
    case 'word': {
      const words = values as readonly (string | boolean | null)[];
      return words.every((word) => word === words[0]) ? words[0] : ['each', [...words]];
    }
    case 'number': {
      const isCount = dims.length === 0 && Number.isSafeInteger(first) && !Object.is(first, -0);
      if (isCount) return first as number;
      tensors.set(path, { shape: dims, data: Float64Array.from(values as readonly number[]) });
      return ['number'];
    }
    case 'object': {
      const members = Object.keys(first as ObjectValue).map((name) => {
        const own = values.map((each) => (each as ObjectValue)[name]);
        return [name, outlineOf(own[0], below(path, name), dims, own, tensors)];
      });
      return Object.fromEntries(members);
    }
    case 'list': {
      const lists = values as readonly (readonly StateValue[])[];
      const items = lists.flat(1) as StateValue[];
      const { length } = first as readonly StateValue[];
      if (length > 0 && items.every((each) => areAlike(items[0], each)))
        return ['list', length, outlineOf(items[0], path, [...dims, length], items, tensors)];
      const each = lists[0].map((item, i) => {
        const own = lists.map((list) => list[i]);
        return outlineOf(item, below(path, i), dims, own, tensors);
      });
      return ['items', each];
    }
    default: {
      const arrays = values as readonly ArrayValue[];
      const { length } = first as ArrayValue;
      if (arrays.length === 1 && !(first instanceof Int32Array)) {
        tensors.set(path, { shape: [...dims, length], data: first as Float32Array | Float64Array });
        return [kind];
      }
      const data = new (kind === 'f32' ? Float32Array : Float64Array)(arrays.length * length);
      for (const [i, array] of arrays.entries()) data.set(array, i * length);
      tensors.set(path, { shape: [...dims, length], data });
      return [kind];
    }
  }
}

/** The inverse of `tensorsOfState`. @throws RangeError where outline and arrays do not fit each other */
export function stateOfTensors(outline: unknown, tensors: ReadonlyMap<string, Tensor>): StateValue {
  let left = MOST_LISTED;
  const unread = new Set(tensors.keys());

  const take = (path: string, dims: readonly number[], isArray: boolean): Tensor => {
    const found = tensors.get(path);
    const shape = found?.shape ?? [];
    const fits = shape.length === dims.length + (isArray ? 1 : 0) && dims.every((d, i) => d === shape[i]);
    if (found === undefined || !fits)
      throw new RangeError(`no array ${path} of the shape that it should have`);
    unread.delete(path);
    return found;
  };

  const valuesOf = (node: unknown, path: string, dims: readonly number[]): StateValue[] => {
    const count = dims.reduce((product, d) => product * d, 1);
    if (node === null || typeof node !== 'object')
      return new Array<StateValue>(count).fill(node as StateValue);
    if (!Array.isArray(node)) {
      const members = Object.entries(node).map(([name, of]) => ({
        name,
        values: valuesOf(of, below(path, name), dims),
      }));
      return Array.from({ length: count }, (_, i) =>
        Object.fromEntries(members.map(({ name, values }) => [name, values[i]])),
      );
    }
    const [kind, given, of] = node as readonly unknown[];
    if (kind === 'number') return [...take(path, dims, false).data];
    if (kind === 'each' && Array.isArray(given) && given.length === count) return given as StateValue[];
    if (kind === 'items' && Array.isArray(given)) {
      const items = given.map((each, i) => valuesOf(each, below(path, i), dims));
      return Array.from({ length: count }, (_, i) => items.map((values) => values[i]));
    }
    if (kind === 'list' && Number.isSafeInteger(given) && (given as number) > 0) {
      const length = given as number;
      left -= count * length;
      if (left < 0) throw new RangeError(`lists of more than ${MOST_LISTED} values`);
      const items = valuesOf(of, path, [...dims, length]);
      return Array.from({ length: count }, (_, i) => items.slice(i * length, (i + 1) * length));
    }
    const array = arrayKindNames.find((name) => name === kind);
    if (array === undefined) throw new RangeError(`${path} is none of the things that a state is made of`);
    const { shape, data } = take(path, dims, true);
    const length = shape[dims.length];
    return Array.from({ length: count }, (_, i) =>
      arrayKinds[array].from(data.subarray(i * length, (i + 1) * length)),
    );
  };

  const [state] = valuesOf(outline, '', []);
  if (unread.size > 0) throw new RangeError(`an array ${[...unread][0]} that nothing speaks of`);
  return state;
}
