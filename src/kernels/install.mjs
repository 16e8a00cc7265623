// tsc leaves the kernels alone: this puts their binary where dist/src/network/wasm.js looks for it.
import { cpSync } from 'node:fs';

const binary = new URL('build/kernels.wasm', import.meta.url);
cpSync(binary, new URL('../../dist/src/kernels/build/kernels.wasm', import.meta.url));
