import type * as z from '../packages/zod.ts';

/** What an entry in Redis says, by its schema; undefined: it is not one that leash wrote. */
export function readEntry<T extends z.ZodType>(schema: T, text: string): z.output<T> | undefined {
  try {
    return schema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
