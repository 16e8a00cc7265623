/*
 * Frames of the protocol in docs/gymnasium.md: a header of four little-endian uint32 (kind, world, number of the request,
 * bytes that follow) and a body. One frame is asked, one answers.
 */

/** Of the protocol; hello says it. */
export const PROTOCOL = 1;

/** What a frame is. */
export const kinds = {
  hello: 1,
  make: 2,
  made: 3,
  reset: 4,
  observed: 5,
  step: 6,
  stepped: 7,
  close: 8,
  closed: 9,
  failed: 10,
} as const;

export type Kind = (typeof kinds)[keyof typeof kinds];

export const HEADER_BYTES = 16;

/** The most that a body of words may have: bounds of a space with millions of numbers. */
export const MOST_WORDS = 1 << 26;

export interface Header {
  readonly kind: number;
  readonly world: number;
  readonly number: number;
  /** Of the body. */
  readonly bytes: number;
}

export function readHeader(frame: Uint8Array): Header {
  return {
    kind: wordAt(frame, 0),
    world: wordAt(frame, 4),
    number: wordAt(frame, 8),
    bytes: wordAt(frame, 12),
  };
}

/** Byte by byte: every message has a header, and a view on it would cost more than reading it. */
function wordAt(frame: Uint8Array, at: number): number {
  return (frame[at] | (frame[at + 1] << 8) | (frame[at + 2] << 16) | (frame[at + 3] << 24)) >>> 0;
}

function putWord(frame: Uint8Array, at: number, word: number): void {
  frame[at] = word;
  frame[at + 1] = word >>> 8;
  frame[at + 2] = word >>> 16;
  frame[at + 3] = word >>> 24;
}

/** @param frame [HEADER_BYTES …], the header is written */
export function writeHeader(frame: Uint8Array, { kind, world, number, bytes }: Header): void {
  putWord(frame, 0, kind);
  putWord(frame, 4, world);
  putWord(frame, 8, number);
  putWord(frame, 12, bytes);
}

/** A frame whose body is JSON. */
export function wordsFrame(kind: Kind, world: number, number: number, words: unknown): Uint8Array {
  const body = new TextEncoder().encode(JSON.stringify(words));
  const frame = new Uint8Array(HEADER_BYTES + body.length);
  writeHeader(frame, { kind, world, number, bytes: body.length });
  frame.set(body, HEADER_BYTES);
  return frame;
}

/** The JSON of a body. @throws SyntaxError */
export function readWords(body: Uint8Array): unknown {
  return JSON.parse(new TextDecoder().decode(body));
}

/** Where what is in the body of `stepped`: rewards first, then these. */
export interface SteppedLayout {
  readonly observations: number;
  readonly terminated: number;
  readonly truncated: number;
  /** Masks of actions, where the environment has some. */
  readonly masks: number;
  /** Last observations of the episodes that ended, in the order of their copies. */
  readonly finals: number;
}

/** @param width numbers of an observation @param maskWidth those of a mask; 0: there are none */
export function steppedLayout(copies: number, width: number, maskWidth: number): SteppedLayout {
  const observations = 8 * copies;
  const terminated = observations + 4 * copies * width;
  const truncated = terminated + copies;
  const masks = truncated + copies;
  const finals = Math.ceil((masks + copies * maskWidth) / 4) * 4;
  return { observations, terminated, truncated, masks, finals };
}
