import { UserError } from '../user-error.ts';
import type { Tile } from '../elementary/tile.ts';

/** Bytes of WebAssembly's unit of memory, and of a cache line. */
export const PAGE = 65536;
export const LINE = 64;

/** What src/kernels exports. Pointers are bytes; flags are 0 or 1. */
export interface Kernels {
  readonly FREE: { readonly value: number };
  readonly ROW: { readonly value: number };
  readonly PANEL_SAMPLES: { readonly value: number };
  readonly pairsVectors: { value: number };
  affine(
    x: number,
    a: number,
    rowStep: number,
    inStep: number,
    bias: number,
    y: number,
    yStep: number,
    inputs: number,
    outputs: number,
    samples: number,
  ): void;
  affineFewSamples(
    x: number,
    xStep: number,
    w: number,
    bias: number,
    y: number,
    yStep: number,
    inputs: number,
    outputs: number,
    samples: number,
  ): void;
  weightGradient(
    x: number,
    dy: number,
    g: number,
    inputs: number,
    outputs: number,
    samples: number,
    accumulate: number,
    zeros: number,
    scratch: number,
  ): void;
  rowSums(dy: number, out: number, rows: number, samples: number, accumulate: number): void;
  tanhRows(h: number, rows: number, samples: number): void;
  reluRows(h: number, rows: number, samples: number): void;
  tanhDerivative(d: number, h: number, rows: number, samples: number): void;
  reluDerivative(d: number, h: number, rows: number, samples: number): void;
  pack(source: number, rows: number, count: number, features: number): void;
  unpack(rows: number, target: number, count: number, features: number): void;
  joinOutputs(
    rows: number,
    step: number,
    outputs: number,
    values: number,
    count: number,
    target: number,
    samples: number,
  ): void;
  fillRows(values: number, rows: number, count: number, samples: number): void;
  /** Doubles; y is written up to the next even count. */
  expTile(x: number, y: number, count: number): void;
  log1pTile(x: number, y: number, count: number): void;
  sumOfSquares(v: number, length: number): number;
  adam(
    p: number,
    g: number,
    m: number,
    v: number,
    length: number,
    scale: number,
    stepSize: number,
    beta1: number,
    rest1: number,
    beta2: number,
    rest2: number,
    inverseRoot: number,
    epsilon: number,
  ): void;
}

/** The kernels as they are compiled. */
export interface KernelProgram {
  readonly module: WebAssembly.Module;
  /** Whether its compiler makes one 256-bit instruction of two neighbouring 128-bit ones: other blocks are faster then. */
  readonly pairsVectors: boolean;
}

/**
 * The kernels over a memory of their own, which holds what `plan` says. Its size depends on constants that only an
 * instance has: it begins with one page and grows before anything looks at it. (An instance for the constants alone
 * would be a second memory, and V8 reserves 8 GB of address space or more for each, to save checks of bounds.)
 * @throws RangeError for more than WebAssembly has
 * @throws UserError when the system does not give it
 */
export function instantiateKernels<Plan extends { readonly end: number }>(
  { module, pairsVectors }: KernelProgram,
  plan: (constants: Pick<Kernels, 'FREE' | 'ROW' | 'PANEL_SAMPLES'>) => Plan,
): { kernels: Kernels; buffer: ArrayBufferLike; plan: Plan } {
  const memory = orNoMemory(PAGE, () => new WebAssembly.Memory({ initial: 1 }));
  const kernels = new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as Kernels;
  kernels.pairsVectors.value = Number(pairsVectors);
  const planned = plan(kernels);
  const pages = Math.ceil(planned.end / PAGE);
  if (pages > 65536) throw new RangeError(`${planned.end} bytes are needed, WebAssembly has 2³²`);
  if (pages > 1) orNoMemory(planned.end, () => memory.grow(pages - 1));
  return { kernels, buffer: memory.buffer, plan: planned };
}

function orNoMemory<T>(bytes: number, allocate: () => T): T {
  try {
    return allocate();
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new UserError(
      `the system gives WebAssembly no memory of ${Math.ceil(bytes / 1e6)} MB: where ulimit -v limits addresses, raise it or set NODE_OPTIONS=--disable-wasm-trap-handler (8 GB of addresses less for each network, the same results, slower)`,
      1,
    );
  }
}

/** A tile whose functions are kernels. @param size even */
export function createWasmTile(program: KernelProgram, size: number): Tile {
  const { kernels, buffer, plan } = instantiateKernels(program, ({ FREE }) => {
    const x = Math.ceil(FREE.value / LINE) * LINE;
    const y = x + 8 * size;
    return { x, y, end: y + 8 * size };
  });
  const { x, y } = plan;
  return {
    size,
    x: new Float64Array(buffer, x, size),
    y: new Float64Array(buffer, y, size),
    exp: (count) => kernels.expTile(x, y, count),
    log1p: (count) => kernels.log1pTile(x, y, count),
  };
}
