import * as z from '../packages/zod.ts';

/** Seconds between checkpoints where nothing is said of when. */
const USUAL_SECONDS = 1;

/** `checkpoint` of a config. */
export const checkpointSchema = z
  .strictObject({
    everyUpdates: z
      .int()
      .min(1)
      .nullable()
      .default(null)
      .describe('Write one after every so many updates; null: by everySeconds.'),
    everySeconds: z.number().gt(0).nullable().optional().meta({
      default: USUAL_SECONDS,
      description:
        'Write one after so many seconds, and never before 200 times what the last took: less than 1% of training. null, as it is where everyUpdates is given: at the end alone.',
    }),
    keep: z
      .union([z.int().min(1), z.enum(['all'])])
      .default(2)
      .describe('How many of the newest stay; with 1 there is none to go back to where that one is damaged.'),
  })
  .transform((given, context) => {
    const { everyUpdates, keep } = given;
    const { everySeconds = everyUpdates === null ? USUAL_SECONDS : null } = given;
    if (everyUpdates !== null && everySeconds !== null)
      context.issues.push({
        code: 'custom',
        path: ['everySeconds'],
        message: `excludes checkpoint.everyUpdates: one of the two must be null, got ${everySeconds} and ${everyUpdates}`,
        input: everySeconds,
      });
    return { everyUpdates, everySeconds, keep };
  });
