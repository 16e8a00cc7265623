import { UserError } from '../../user-error.ts';
import { defineCommand } from '../command.ts';

/** What `configs/schema.json` and its like hold, or the table of `docs/configs.md`. */
export const configSchemaCommand = defineCommand({
  summary: 'the JSON Schema of configs, fits, studies or sweeps, for editors',
  flags: {
    kind: { type: 'text', describe: 'config (default), fit, study or sweep' },
    markdown: { type: 'switch', describe: 'that of configs as a table of fields' },
  },
  async run({ kind, markdown }) {
    const { configMarkdown } = await import('../../config/markdown.ts');
    const { oneOf } = await import('../flag-values.ts');
    const { publishedKinds, publishedSchemas } = await import('../published-schema.ts');
    const chosen = oneOf('kind', kind ?? 'config', publishedKinds);
    if (markdown && chosen !== 'config')
      throw new UserError(`--markdown is for --kind config, got --kind ${chosen}`);
    const schema = publishedSchemas[chosen];
    process.stdout.write(markdown ? configMarkdown() : `${JSON.stringify(schema(), null, 2)}\n`);
    return 0;
  },
});
