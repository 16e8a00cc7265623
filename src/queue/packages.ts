import { UserError } from '../user-error.ts';

/*
 * The two packages that speak to Redis. They are installed by whoever wants a queue: one of those that BullMQ brings along
 * asks for an install script, which some installers stop at, and nobody else needs their 16 MB.
 */

type Bullmq = Pick<typeof import('bullmq'), 'Queue' | 'Worker' | 'DelayedError' | 'WaitingError'>;
type Ioredis = Pick<typeof import('ioredis'), 'Redis'>;

export const loadBullmq = (): Promise<Bullmq> => load(() => import('bullmq'));
export const loadIoredis = (): Promise<Ioredis> => load(() => import('ioredis'));

/** @throws UserError where it is not installed */
async function load<T>(importIt: () => Promise<T>): Promise<T> {
  try {
    return await importIt();
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw cause;
    throw new UserError(
      '--queue needs two packages beside leash: npm install bullmq@6.7.0 ioredis@6.0.0 (with -g where leash was installed so)',
    );
  }
}
