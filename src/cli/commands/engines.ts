import { resolve } from 'node:path';
import { defineCommand } from '../command.ts';

export const enginesCommand = defineCommand({
  summary: 'list the engines: which are there, and what to do about those that are not',
  flags: {
    json: { type: 'switch', describe: 'as JSON' },
    setup: {
      type: 'switch',
      describe: 'build native TensorFlow (tfjs-node) for this user: 250 MB are downloaded',
    },
    wheel: { type: 'text', describe: 'with --setup: the Python wheel tensorflow_cpu, downloaded before' },
  },
  excludes: [['setup', 'json']],
  needs: [['wheel', 'setup']],
  async run({ json, setup, wheel }) {
    const { surveyEngines } = await import('../../node/load-engine.ts');
    const { describeEngines } = await import('../print/engines.ts');
    const { print } = await import('../print/print.ts');
    if (setup) {
      const { setUpTfjsNode } = await import('../../node/setup-tfjs-node.ts');
      print(setUpTfjsNode(wheel && resolve(wheel), print));
      return 0;
    }
    const reports = await surveyEngines();
    print(json ? JSON.stringify(reports, null, 2) : describeEngines(reports).join('\n'));
    return 0;
  },
});
