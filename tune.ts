import { loadConfig } from '/work/main/src/config/load.ts';
import { environmentOptions } from '/work/main/src/cli/environments.ts';
import { findEnvironment } from '/work/main/envs/registry.ts';
import { loadEngine } from '/work/main/src/network/engine.ts';
import { decodePolicy, encodePolicy } from '/work/main/src/run/policy-file.ts';
import { evaluate } from '/work/main/src/train/evaluate.ts';
import { createTraining } from '/work/main/src/train/training.ts';
const [file, steps, episodes, ...variants] = process.argv.slice(2);
for (const v of variants) {
  const sets = v.split(';').filter(Boolean).map((s) => ({ path: s.slice(0, s.indexOf('=')), text: s.slice(s.indexOf('=') + 1), origin: '--set' }));
  const out: string[] = [];
  for (const seed of [0, 1, 2, 3, 4]) {
    const { config } = loadConfig(file, [...sets, { path: 'seed', text: String(seed), origin: 'x' }, { path: 'steps', text: steps, origin: 'x' }], environmentOptions);
    const definition = findEnvironment(config.environment.id); const engine = await loadEngine('auto');
    const t = createTraining(config, definition, engine); let row: any;
    for (let u = 0; u < t.updates; u++) row = t.update();
    const stored = decodePolicy(encodePolicy(t.stored())); t.dispose();
    if (row.bestArmProbability !== undefined) { out.push(row.bestArmProbability.toFixed(3)); continue; }
    const { returns } = evaluate({ definition, options: config.environment.options, engine, stored, episodes: Number(episodes), mode: 'greedy', seed: 1e6 + seed, taskSeed: seed });
    out.push((returns.reduce((a, b) => a + b, 0) / returns.length).toFixed(3));
  }
  console.log(out.join(' '), ' ', v);
}
