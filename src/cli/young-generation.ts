import { setFlagsFromString } from 'node:v8';

/*
 * Imported first: keeps V8's space for new objects at its first megabyte. Training makes some 50 bytes of garbage
 * a step; letting 16 MB of it come together before it is swept would only hold 15 MB more.
 */
setFlagsFromString('--semi-space-growth-factor=1');
