/** Digits of a hash that tell two apart. */
const DIGITS = 12;

/** `d214d2a03e28…` */
export function shortHash(sha256: string): string {
  return `${sha256.slice(0, DIGITS)}…`;
}
