import { existsSync, readFileSync } from 'node:fs';
import type { LoadFnOutput, LoadHookContext, ResolveFnOutput, ResolveHookContext } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stripTypes } from './strip-types.ts';

/*
 * How Node.js loads the files of an environment of one's own: TypeScript by one stripper, whatever Node.js; `leash-rl` as
 * the leash that runs, wherever it is installed. Both functions work in either kind of hooks: those of this thread
 * (`registerHooks`), where `next` returns at once, and those of another (`register`), where it returns a promise.
 */

/** From source (tsx, vitest) it is TypeScript. */
const extension = import.meta.url.endsWith('.ts') ? '.ts' : '.js';
const LEASH = new URL(`../index${extension}`, import.meta.url).href;

type Or<T> = T | Promise<T>;

/** @param next what Node.js itself would find */
export function resolve(
  specifier: string,
  context: ResolveHookContext,
  next: (specifier: string, context?: Partial<ResolveHookContext>) => Or<ResolveFnOutput>,
): Or<ResolveFnOutput> {
  if (specifier === 'leash-rl') return { url: LEASH, shortCircuit: true };
  if (specifier !== 'zod') return next(specifier, context);
  // Where the file stands there may be none: leash has one.
  const own = (): Or<ResolveFnOutput> => next(specifier, { ...context, parentURL: import.meta.url });
  try {
    const found = next(specifier, context);
    return found instanceof Promise ? found.catch(own) : found;
  } catch {
    return own();
  }
}

/** @param next what Node.js itself would load */
export function load(
  url: string,
  context: LoadHookContext,
  next: (url: string, context?: Partial<LoadHookContext>) => Or<LoadFnOutput>,
): Or<LoadFnOutput> {
  if (!url.startsWith('file:') || url.includes('/node_modules/')) return next(url, context);
  const file = fileURLToPath(url);
  if (/\.m?ts$/.test(file)) {
    const code = stripTypes(readFileSync(file, 'utf8'), file);
    if (typeof code !== 'string')
      throw new SyntaxError(`${code.message} (${file}:${code.line}:${code.column})`);
    return { format: 'module', source: code, shortCircuit: true };
  }
  // Node.js warns of each ES module in a package that does not say its type.
  if (!file.endsWith('.js') || typeOfPackage(dirname(file)) !== undefined) return next(url, context);
  const source = readFileSync(file, 'utf8');
  return /^\s*(import|export)\b/m.test(source)
    ? { format: 'module', source, shortCircuit: true }
    : next(url, context);
}

/** `type` of the package.json above a folder. */
function typeOfPackage(folder: string): string | undefined {
  const file = join(folder, 'package.json');
  if (existsSync(file)) {
    try {
      return (JSON.parse(readFileSync(file, 'utf8')) as { type?: string }).type;
    } catch {
      return undefined;
    }
  }
  const above = dirname(folder);
  return above === folder ? undefined : typeOfPackage(above);
}
