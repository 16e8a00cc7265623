// tsc leaves the kernels and Python alone: this puts them where dist/src/network/wasm.js and dist/src/node/python.js look.
import { cpSync } from 'node:fs';

for (const file of ['kernels.wasm', 'kernels-relaxed.wasm']) {
  cpSync(
    new URL(`build/${file}`, import.meta.url),
    new URL(`../../dist/src/kernels/build/${file}`, import.meta.url),
  );
}
cpSync(
  new URL('../node/gymnasium-server.py', import.meta.url),
  new URL('../../dist/src/node/gymnasium-server.py', import.meta.url),
);
