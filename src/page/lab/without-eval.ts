import { config } from '../../packages/zod.ts';

/*
 * Schemas check without code made of texts, which the page's policy forbids. Imported before any schema is made.
 */
config({ jitless: true });
