import { expect, it } from 'vitest';
import { configSchema } from '../../src/config/schema.ts';
import { loadEngine } from '../../src/node/load-engine.ts';
import { createAgent } from '../../src/train/agent.ts';
import { UserError } from '../../src/user-error.ts';

it('a network that does not fit into memory with its batch is a mistake of the config, in one line', async () => {
  const config = configSchema.parse({
    environment: { id: 'any' },
    network: { policy: { hidden: [4096, 4096] } },
  });
  const engine = await loadEngine('wasm');
  const [shown, done] = [4, 2].map((n) => ({ kind: 'discrete', n }) as const);
  const create = () => createAgent(config, shown, done, engine, 800_000);
  expect(create).toThrow(UserError);
  expect(create).toThrow(
    /^network\.policy .* and a batch of 800000 samples .* do not fit into the engine's memory: \d+ bytes are needed, WebAssembly has 2³²/,
  );
});
