import { oneLine, UserError } from '../../user-error.ts';
import { defineCommand } from '../command.ts';
import { runsFlag } from '../shared-flags.ts';

export const ledgerCommand = defineCommand({
  summary:
    'what each gradient step did, and where the rules of SB3, CleanRL and Spinning Up would have stopped',
  arguments: {
    RUN: { type: 'one', describe: 'a run or its name, trained with trustRegion.ledger' },
  },
  flags: {
    update: { type: 'text', describe: 'this update, step by step' },
    ...runsFlag,
    json: { type: 'switch', describe: 'print one JSON object, nothing else' },
  },
  async run(given) {
    const { encodeJson } = await import('../../row/json.ts');
    const { readLedger } = await import('../../run/read-rows.ts');
    const { loadRun } = await import('../../node/read-run.ts');
    const { byUpdate, counterfactualStops, summarizeStops } = await import(
      '../../trust-region/counterfactual.ts'
    );
    const { environmentOptions } = await import('../../../envs/environment-options.ts');
    const { givenRun } = await import('../given-run.ts');
    const { wholeNumber } = await import('../flag-values.ts');
    const { describeUpdate, describeUpdates } = await import('../print/ledger.ts');
    const { print, printJson } = await import('../print/print.ts');
    const { path, config, record } = loadRun(givenRun(given.RUN, given.runs), environmentOptions);
    const { rows: steps, problems } = readLedger(path, record.status === 'running');
    const updates = byUpdate(steps);
    if (updates.length === 0)
      throw new UserError(problems[0] ?? `${path}: ledger.jsonl holds no gradient step`);
    for (const problem of problems) process.stderr.write(`${oneLine(problem)}\n`);
    const cut = config.trustRegion.stop !== null;
    if (given.update === undefined) {
      const summary = summarizeStops(updates);
      if (given.json) printJson(encodeJson({ cut, summary }));
      else print(describeUpdates(path, config, updates, summary).join('\n'));
      return 0;
    }
    const wanted = wholeNumber('update', given.update, 1);
    const rows = updates.find(([first]) => first?.update === wanted);
    if (rows === undefined) {
      const range = `${updates[0]?.[0]?.update} to ${updates.at(-1)?.[0]?.update}`;
      throw new UserError(`--update must be one of the ledger’s, ${range}, got ${wanted}`);
    }
    if (given.json) printJson(encodeJson({ cut, stops: counterfactualStops(rows), rows }));
    else print(describeUpdate(path, config, rows).join('\n'));
    return 0;
  },
});
