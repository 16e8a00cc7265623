import { commandDamaged, type Reader, readDamaged, type Tally } from './damaged-inputs.ts';
import { type Check, leash } from './check.ts';
import { readers } from './readers.ts';

/* Files cut short, flipped, mistyped, nested, huge: every reader reads them or says in one line what is wrong. */

/** `LEASH_TEST_SEED` tries others; it is printed with every count. */
const GIVEN = process.env.LEASH_TEST_SEED ?? '1';
const SEED = GIVEN === 'random' ? Math.floor(Math.random() * 2 ** 32) : Number(GIVEN);

function words({ inputs, refused, failures }: Tally): string {
  const counted = `${inputs} inputs, seed ${SEED}, ${refused} refused`;
  if (failures.length > 0) throw new Error(`${counted}, ${failures.length} failures\n${failures.join('\n')}`);
  return counted;
}

const inProcess = readers.map((reader): [string, Check] => [
  `damaged ${reader.name}`,
  // `npm test` reads 200 of each.
  async (isShort) => words(await readDamaged(reader, isShort ? 20 : 10_000, SEED)),
]);

const throughCommands = readers
  .filter((reader): reader is Reader & Required<Pick<Reader, 'command'>> => reader.command !== undefined)
  .map((reader): [string, Check] => [
    `damaged ${reader.name}, command`,
    async (isShort) => words(await commandDamaged(reader, isShort ? 3 : 30, SEED, (args) => leash(...args))),
  ]);

export const checks: Record<string, Check> = Object.fromEntries([...inProcess, ...throughCommands]);
