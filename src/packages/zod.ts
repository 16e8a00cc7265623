/*
 * zod by the names that leash uses, so that the bundle of this file leaves out the rest: 55 MB of memory to load all of
 * it, error messages in fifty languages among it, 44 MB to load this, 42 MB for Node alone. Types may come from zod.
 */
export {
  array,
  boolean,
  config,
  enum,
  int,
  literal,
  looseObject,
  null,
  number,
  object,
  record,
  strictObject,
  string,
  toJSONSchema,
  union,
  unknown,
} from 'zod';
export type { output, RefinementCtx, ZodDefault, ZodInt, ZodOptional, ZodType } from 'zod';
