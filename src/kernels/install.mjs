// tsc leaves the kernels alone: this puts their binaries where dist/src/network/wasm.js looks for them.
import { cpSync } from 'node:fs';

for (const file of ['kernels.wasm', 'kernels-relaxed.wasm']) {
  cpSync(
    new URL(`build/${file}`, import.meta.url),
    new URL(`../../dist/src/kernels/build/${file}`, import.meta.url),
  );
}
