/**
 * A mistake of the user's (flag, config, file, environment): the command line prints its one-line message,
 * which names field, value, allowed range and place, and exits with `exitCode`. Anything else is a bug and
 * prints its stack.
 */
export class UserError extends Error {
  readonly exitCode: number;
  constructor(message: string, exitCode = 2) {
    super(message);
    this.name = 'UserError';
    this.exitCode = exitCode;
  }
}
