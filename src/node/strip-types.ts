import { createRequire } from 'node:module';

/** Where TypeScript was found that does not erase to JavaScript, or no TypeScript at all. */
export interface Unerasable {
  readonly message: string;
  /** Whether it is TypeScript, of a kind that does not erase. */
  readonly isTypeScript: boolean;
  /** From 1. */
  readonly line: number;
  /** From 1. */
  readonly column: number;
}

/** What the stripper throws: no Error. */
interface Refusal {
  readonly code?: string;
  readonly message: string;
  readonly startLine?: number;
  readonly startColumn?: number;
}

type Stripper = (
  source: string,
  options: { readonly mode: 'strip-only'; readonly filename: string },
) => { readonly code: string };

let loaded: Stripper | undefined;

/**
 * TypeScript with blanks in the place of its types, so that lines and columns stay: the stripper that Node.js itself has
 * since 22, here the same one for every version of Node.js.
 * @returns the JavaScript, or where it would take more than leaving types out (enums, namespaces, parameter properties)
 */
export function stripTypes(source: string, file: string): string | Unerasable {
  // By require: to import a CommonJS module brings another parser along.
  loaded ??= (createRequire(import.meta.url)('@swc/wasm-typescript') as { transformSync: Stripper })
    .transformSync;
  try {
    return loaded(source, { mode: 'strip-only', filename: file }).code;
  } catch (thrown) {
    const { code, message, startLine = 1, startColumn = 0 } = thrown as Refusal;
    return { message, isTypeScript: code === 'UnsupportedSyntax', line: startLine, column: startColumn + 1 };
  }
}
