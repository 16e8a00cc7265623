import { UserError } from '../user-error.ts';
import type { NetworkShape } from './shape.ts';

/**
 * @throws RangeError when a width or the capacity is no integer in its range
 * @throws UserError when it is a layers model, which only TensorFlow.js computes
 */
export function requireShape(shape: NetworkShape, capacity: number): void {
  if (shape.model) throw new UserError('a policy that is a layers model needs engine tfjs');
  requireInteger('inputs', shape.inputs, 1);
  for (const [i, width] of shape.hidden.entries()) requireInteger(`hidden[${i}]`, width, 1);
  requireInteger('outputs', shape.outputs, 1);
  requireInteger('logStd', shape.logStd, 0);
  requireInteger('capacity', capacity, 1);
}

function requireInteger(name: string, value: number, least: number): void {
  if (!Number.isInteger(value) || value < least) {
    throw new RangeError(`${name} must be an integer ≥ ${least}, got ${value}`);
  }
}

/** @throws RangeError when `count` is no integer in [1, capacity] */
export function requireCount(count: number, capacity: number): void {
  if (!Number.isInteger(count) || count < 1 || count > capacity) {
    throw new RangeError(`count must be an integer in [1, ${capacity}], got ${count}`);
  }
}

/** A flat vector must have exactly the layout's length. @throws RangeError */
export function requireFlat(name: string, vector: Float32Array, size: number): void {
  if (vector.length !== size) {
    throw new RangeError(`${name} must hold ${size} numbers, got ${vector.length}`);
  }
}

/** A batch may be longer than its count asks for. @throws RangeError */
export function requireRows(name: string, batch: Float32Array, count: number, width: number): void {
  if (batch.length < count * width) {
    throw new RangeError(
      `${name} must hold at least ${count} × ${width} = ${count * width} numbers, got ${batch.length}`,
    );
  }
}
