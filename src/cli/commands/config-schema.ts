import { defineCommand } from '../command.ts';

/** What `configs/schema.json` holds, or the table of `docs/configs.md`. */
export const configSchemaCommand = defineCommand({
  summary: 'the JSON Schema of config files, for editors',
  flags: { markdown: { type: 'switch', describe: 'as a table of fields' } },
  async run({ markdown }) {
    const { configMarkdown } = await import('../../config/markdown.ts');
    const { publishedSchema } = await import('../published-schema.ts');
    process.stdout.write(markdown ? configMarkdown() : `${JSON.stringify(publishedSchema(), null, 2)}\n`);
    return 0;
  },
});
