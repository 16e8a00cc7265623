import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';

/*
 * The package.json that is packed is not the clone's: before `npm pack` what only the clone needs is taken out, after it
 * the clone's is put back.
 *
 * tfjs-node is left out: pnpm stops at build scripts that nobody has allowed, and bun installs a second TensorFlow.js for
 * it. `leash engines --setup` builds it for who wants it. Without it nothing that is installed runs a script.
 */
const KEPT = '.package.clone.json';
const CLONE_ONLY = ['scripts', 'devDependencies', 'optionalDependencies', 'allowScripts', 'overrides'];

if (process.argv[2] === 'pack') {
  const clone = readFileSync('package.json', 'utf8');
  const manifest = Object.entries(JSON.parse(clone)).filter(([field]) => !CLONE_ONLY.includes(field));
  writeFileSync(KEPT, clone);
  writeFileSync('package.json', `${JSON.stringify(Object.fromEntries(manifest), null, 2)}\n`);
} else if (existsSync(KEPT)) renameSync(KEPT, 'package.json');
