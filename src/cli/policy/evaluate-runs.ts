import { encodeJson } from '../../row/json.ts';
import { oneLine, UserError } from '../../user-error.ts';
import { BUG, describeFailure } from '../failure.ts';
import { describeManyFindings, summaryOfFindings } from '../print/evaluations.ts';
import type { Findings } from '../print/evaluation.ts';
import { print, printJson } from '../print/print.ts';
import { type EnvironmentFlags, evaluatedPolicyOf } from './evaluated-policy.ts';
import { evaluatePolicy, type Evaluating } from './evaluation.ts';

/** What `leash evaluate` of several runs was told. */
interface Told extends Evaluating, EnvironmentFlags {
  readonly render?: boolean | undefined;
  readonly json?: boolean | undefined;
}

/**
 * Evaluates runs one after the other and prints one table; a run without a policy is named, the others are shown.
 * @returns the exit code: 1 where one could not be evaluated
 * @throws UserError for a flag of one run, and where none could be evaluated
 */
export async function evaluateRuns(places: readonly [string, ...string[]], told: Told): Promise<number> {
  if (told.render)
    throw new UserError(
      `--render shows one policy, these are ${places.length}; name one, such as ${places[0]}`,
    );
  const found: Findings[] = [];
  const problems: string[] = [];
  for (const place of places) {
    try {
      const subject = await evaluatedPolicyOf(place, told, told.episodes);
      found.push((await evaluatePolicy(subject, told)).findings);
    } catch (error) {
      const { text, exitCode } = describeFailure(error);
      if (exitCode === BUG) throw error;
      problems.push(text.replace(/^leash: /, ''));
    }
  }
  if (found.length === 0) throw new UserError(problems[0] ?? '');
  if (told.json) printJson(encodeJson({ runs: found, configs: summaryOfFindings(found), problems }));
  else print(describeManyFindings(found).join('\n'));
  for (const problem of problems) process.stderr.write(`leash: ${oneLine(problem)}\n`);
  return problems.length > 0 ? 1 : 0;
}
