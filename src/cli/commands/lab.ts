import { defineCommand } from '../command.ts';

export const labCommand = defineCommand({
  summary: 'a laboratory in the browser: trains in the tab, the same bytes as here',
  flags: {
    port: { type: 'text', default: '7008', describe: 'port that the page is at; 0 takes a free one' },
    host: {
      type: 'text',
      default: '127.0.0.1',
      describe: 'address to listen at; beyond this machine the page asks for the token that is printed',
    },
    export: { type: 'text', describe: 'write it as a site of files into this folder, and serve nothing' },
  },
  excludes: [
    ['export', 'port'],
    ['export', 'host'],
  ],
  examples: ['$0 lab --port 0', '$0 lab --export site'],
  async run(given, { listen }) {
    const { labHere } = await import('../lab-here.ts');
    return await labHere(given, listen);
  },
});
