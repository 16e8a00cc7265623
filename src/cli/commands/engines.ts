import { defineCommand } from '../command.ts';

export const enginesCommand = defineCommand({
  summary: 'list the engines: which are there, and what to do about those that are not',
  flags: { json: { type: 'switch', describe: 'as JSON' } },
  async run({ json }) {
    const { surveyEngines } = await import('../../node/load-engine.ts');
    const { describeEngines } = await import('../print/engines.ts');
    const { print } = await import('../print/print.ts');
    const reports = await surveyEngines();
    print(json ? JSON.stringify(reports, null, 2) : describeEngines(reports).join('\n'));
    return 0;
  },
});
