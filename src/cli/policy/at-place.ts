import { UserError } from '../../user-error.ts';

/** What is wrong with a policy, with the place of it. */
export function atPlace<T>(path: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw new UserError(`${error.message} (${path})`, error.exitCode);
  }
}
