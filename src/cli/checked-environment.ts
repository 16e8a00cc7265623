import { pathToFileURL } from 'node:url';
import { namedBy } from '../config/environment-name.ts';
import { checkEnvironment, type CheckedEnvironment } from '../environment-check/check-environment.ts';
import { type Asked, watchClocks } from '../environment-check/clocks.ts';
import { type Environments, openEnvironments } from '../node/environments.ts';
import { inspectWritten } from '../node/load-config.ts';
import type { EnvironmentDefinition } from '../rollout/environment.ts';
import { UserError } from '../user-error.ts';
import { overridesOf, wholeNumber } from './flag-values.ts';

/** What `leash check-env` was told. */
export interface CheckGiven {
  /** An id, or a file. */
  readonly ID: string;
  readonly set?: string | string[] | undefined;
  readonly steps: string;
  readonly seed: string;
}

/** What it found, of what. */
export interface EnvironmentReport extends CheckedEnvironment {
  readonly environment: string;
  /** The file that it was loaded from, where it was one. */
  readonly file: string | null;
  /** With their defaults. */
  readonly options: Record<string, unknown>;
}

/** @throws UserError where there is no such environment, or an option is wrong */
export async function checkHere(given: CheckGiven): Promise<EnvironmentReport> {
  const environments = openEnvironments();
  const steps = wholeNumber('steps', given.steps, 100, 10_000_000);
  const seed = wholeNumber('seed', given.seed, 0, 2 ** 32 - 1);
  const overrides = overridesOf({ set: given.set });
  const other = overrides.find(({ path }) => !/^environment\.options(\.|$)/.test(path));
  if (other !== undefined)
    throw new UserError(`--set ${other.path}: an environment alone has environment.options.KEY only`);
  const { definition, asked } = await loaded(given.ID, environments);
  const options = await optionsOf(given.ID, definition, overrides, environments);
  const checked = checkEnvironment(definition, options, { steps, seed, asked, now: () => performance.now() });
  // A place in the code begins from the working folder, as the user named the file.
  const here = `${pathToFileURL(process.cwd()).href}/`;
  const findings = checked.findings.map((each) => ({ ...each, message: each.message.replaceAll(here, '') }));
  return {
    environment: definition.id,
    file: definition.module?.path ?? null,
    options,
    ...checked,
    findings,
  };
}

/** What its own code, not a package's, asks for while it is loaded: it would be another the next time. */
async function loaded(
  word: string,
  environments: Environments,
): Promise<{ definition: EnvironmentDefinition; asked: Asked[] }> {
  const clocks = watchClocks();
  try {
    const definition = await environments.resolve(namedBy(word));
    const leash = new URL('../..', import.meta.url).href;
    const isOwn = ({ at = '' }: Asked): boolean =>
      /^file:/.test(at) && !at.startsWith(leash) && !at.includes('/node_modules/');
    return { definition, asked: definition.module === undefined ? [] : clocks.asked.filter(isOwn) };
  } finally {
    clocks.end();
  }
}

/** Its example's, or none, with what `--set` says over them. */
async function optionsOf(
  word: string,
  { example = {} }: EnvironmentDefinition,
  overrides: ReturnType<typeof overridesOf>,
  environments: Environments,
): Promise<Record<string, unknown>> {
  const written = { environment: { ...namedBy(word), options: example } };
  return await environments.reading((options) => {
    const { loaded: found, problems } = inspectWritten(
      written,
      undefined,
      overrides,
      options,
      undefined,
      word,
    );
    if (found === undefined) throw new UserError(problems[0] as string);
    return found.config.environment.options;
  });
}
