import { defineCommand } from '../command.ts';

export const dashboardCommand = defineCommand({
  summary: 'a page of the runs of a folder, live: curves, the trust region, what each gradient step did',
  arguments: {
    RUNS: { type: 'optional', describe: 'folder of runs, or one run; runs without' },
  },
  flags: {
    port: { type: 'text', default: '7007', describe: 'port that the page is at; 0 takes a free one' },
    host: {
      type: 'text',
      default: '127.0.0.1',
      describe: 'address to listen at; beyond this machine the page asks for the token that is printed',
    },
  },
  examples: ['$0 dashboard runs/study --port 0'],
  async run(given, { listen }) {
    const { dashboardHere } = await import('../dashboard-here.ts');
    return await dashboardHere(given, listen);
  },
});
