import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import type { KernelProgram } from '../network/wasm-kernels.ts';

/** The two builds of src/kernels: `RELAXED` may round a·b + c once where `STRICT` rounds twice. */
const STRICT = new URL('../kernels/build/kernels.wasm', import.meta.url);
export const RELAXED = new URL('../kernels/build/kernels-relaxed.wasm', import.meta.url);

/**
 * The versions of V8 that make one 256-bit instruction of two neighbouring 128-bit ones in the loops of these kernels,
 * lane by lane the same bits: Node 24 to 26. V8 12 knows the flag and does nothing with them; later ones are untried.
 * A processor without AVX2 (x64 before 2013) computes the same, a third slower than with blocks for single vectors.
 */
const PAIRING = [13, 14];
const pairsVectors = process.arch === 'x64' && PAIRING.includes(Number.parseInt(process.versions.v8, 10));

/** How wide the kernels' vectors are on this Node.js. */
export const vectorBits = pairsVectors ? 256 : 128;

/** The kernels as they stand in their file. @throws Error that says how to build them when that is missing */
export function kernelBytes(binary: URL = STRICT): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(readFileSync(binary));
  } catch (cause) {
    throw new Error(`${fileURLToPath(binary)} is missing: run npm run build:kernels`, { cause });
  }
}

/** Compiles the kernels. @throws Error as `kernelBytes` */
export function compileKernels(binary?: URL): KernelProgram {
  const bytes = kernelBytes(binary);
  // These flags are for all WebAssembly compiled from here on.
  // V8 looks at the stack in every turn of a loop, so that endless ones can be ended: a tenth of a product's time.
  // Kernels' loops are short and call nothing that could overflow it.
  setFlagsFromString('--no-wasm-stack-checks');
  if (pairsVectors) setFlagsFromString('--experimental-wasm-revectorize');
  // Node 20 knows relaxed SIMD but does not allow it by default; from Node 22 on the flag is not needed.
  if (!WebAssembly.validate(bytes)) setFlagsFromString('--experimental-wasm-relaxed-simd');
  return { module: new WebAssembly.Module(bytes), pairsVectors };
}
