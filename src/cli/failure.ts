import { thrownInWords } from '../rollout/contract.ts';
import { NonFiniteError } from '../rollout/environment.ts';
import { escapeControls, oneLine, UserError } from '../user-error.ts';

/** What the machine, not the program, refused, in words. */
const systemErrors: Record<string, string> = {
  EACCES: 'permission denied',
  EPERM: 'operation not permitted',
  EROFS: 'the file system is read-only',
  ENOSPC: 'no space left on the device',
  EDQUOT: 'disk quota exceeded',
  EFBIG: 'larger than a file may be',
  EMFILE: 'too many open files',
  ENFILE: 'too many open files in the system',
  EIO: 'input/output error',
  ENOENT: 'no such file or directory',
  ENOTDIR: 'not a directory',
  EISDIR: 'is a directory',
  ENAMETOOLONG: 'the name is too long',
  EPIPE: 'nobody reads it any more',
  ERR_WORKER_OUT_OF_MEMORY: 'not enough memory',
};

/** The exit code of a bug: EX_SOFTWARE of sysexits.h. */
export const BUG = 70;

/** A code of the system's in words, where there are any. */
export function systemReason(code: string): string {
  return systemErrors[code] ?? code;
}

/**
 * What to print and the exit code for whatever a command threw: one line for a mistake of the user's (its own
 * code, 2), for a number that is not finite and for what the system refused (1), the stack for a bug (`BUG`).
 */
export function describeFailure(error: unknown): { text: string; exitCode: number } {
  if (error instanceof UserError) {
    const { cause, exitCode } = error;
    const frames = cause instanceof Error ? framesOf(cause) : [];
    return { text: [`leash: ${error.message}`, ...frames].join('\n'), exitCode };
  }
  if (error instanceof NonFiniteError) return { text: oneLine(`leash: ${error.message}`), exitCode: 1 };
  if (!(error instanceof Error))
    return { text: oneLine(`leash: bug: ${thrownInWords(error)}`), exitCode: BUG };
  const { code, path } = error as NodeJS.ErrnoException;
  const reason = code === undefined ? undefined : systemErrors[code];
  if (reason !== undefined)
    return { text: oneLine(`leash: ${path ? `${path}: ` : ''}${reason}`), exitCode: 1 };
  return { text: `leash: this is a bug of leash\n${error.stack ?? error.message}`, exitCode: BUG };
}

/** Where somebody's own code threw: frames of leash and of Node.js beneath theirs are left out. */
function framesOf({ stack = '' }: Error): string[] {
  const frames = escapeControls(stack)
    .split('\n')
    .filter((line) => /^\s+at /.test(line));
  const last = frames.findLastIndex(
    (frame) => !/node:internal|\/dist\/src\/|\/node_modules\/|\(<anonymous>\)$/.test(frame),
  );
  return frames.slice(0, last + 1);
}
