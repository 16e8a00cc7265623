import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as library from '../../src/index.ts';
import { built } from '../built.ts';

/*
 * A page whose numbers are run, not typed. In the Markdown stand, as comments that no reader sees:
 *
 *   <!-- run: leash kl … -->       the fenced block that follows is the command and what it prints;
 *                                  <!-- run lines=1-9: … --> keeps those lines of it
 *   <!-- js -->                    the ```js block that follows is run; every `// → …` in it is what the
 *                                  expression before it gives
 *   <!-- js: const p = [1]; -->    run without being shown
 *   <!--= kl(p, q) -->0.025267     the number after it is the value of the expression, six decimals;
 *                                  <!--=2 kl(p, q) -->0.03 two
 *   <!--wrong-->0.0144             a number that others print and that is wrong
 *
 * The code of a page is one program, in the order of the page, with everything leash-rl exports in scope.
 */

/** A number as prose has it. */
const NUMBER = String.raw`[-−]?(?:\d+(?:\.\d+)?(?:e-?\d+)?|∞)`;
const INLINE = new RegExp(String.raw`<!--=(\d*) (.*?) -->(?:${NUMBER})?`, 'g');
const RUN = /<!-- run(?: lines=(\d+)-(\d+))?: (.*?) -->\n```text\n[\s\S]*?```/g;
const HIDDEN = /<!-- js:([\s\S]*?)-->/g;
const SHOWN = /<!-- js -->\n```js\n([\s\S]*?)```/g;
const ARROW = /^(\s*)(.*?)(;?)\s*\/\/ → .*$/;

/** The page with everything run anew. */
export async function rerun(page: string): Promise<string> {
  return evaluate(await replaceCommands(page));
}

/** Numbers of three decimals or more in the prose, outside code, that no expression stands behind. */
export function unmarkedNumbers(page: string): string[] {
  const prose = page
    .replaceAll(/```[\s\S]*?```/g, '')
    .replaceAll(HIDDEN, '')
    .replaceAll(INLINE, '')
    .replaceAll(new RegExp(`<!--wrong-->${NUMBER}`, 'g'), '')
    .replaceAll(/`[^`]*`|https?:\S+/g, '');
  return [...prose.matchAll(/\d*\.\d{3,}/g)]
    .map(([text]) => text)
    .filter((text) => !/^\d{4}\.\d{5}$/.test(text));
}

async function replaceCommands(page: string): Promise<string> {
  const commands = [...page.matchAll(RUN)];
  const printed: string[] = [];
  // Two at a time: the machine has other things to do.
  for (let i = 0; i < commands.length; i += 2) {
    const pair = commands.slice(i, i + 2).map((each) => output(each[3] as string));
    printed.push(...(await Promise.all(pair)));
  }
  let next = 0;
  return page.replaceAll(RUN, (whole, from, to, command) => {
    const lines = (printed[next++] as string).trimEnd().split('\n');
    const kept = from === undefined ? lines : lines.slice(Number(from) - 1, Number(to));
    const cut = kept.length < lines.length ? ['…'] : [];
    return `${whole.slice(0, whole.indexOf('\n'))}\n\`\`\`text\n$ ${command}\n${[...kept, ...cut].join('\n')}\n\`\`\``;
  });
}

/** What a command line of leash prints, errors included; runs go to a folder of their own. */
async function output(command: string): Promise<string> {
  const [program, ...args] = command.split(' ');
  if (program !== 'leash') throw new Error(`the page may run leash only, not ${program}`);
  const root = new URL('../../', import.meta.url).pathname;
  const runs = mkdtempSync(join(tmpdir(), 'leash-docs-'));
  const own = args[0] === 'fit' ? ['--runs', runs] : args[0] === 'rlhf' ? ['--out', runs] : [];
  const all = [built, ...args, ...own];
  try {
    const { stdout } = await promisify(execFile)(process.execPath, all, { cwd: root });
    return stdout.replaceAll(runs, 'runs');
  } catch (error) {
    const { code, stderr } = error as { code: unknown; stderr: string };
    if (code !== 2) throw error;
    return stderr;
  } finally {
    rmSync(runs, { recursive: true });
  }
}

/** One place of the page where a value stands. */
interface Place {
  readonly index: number;
  readonly code: string;
  /** Whether the code is an expression with a value, or statements without. */
  readonly isExpression: boolean;
}

/** The page with its code run anew, its commands left as they are. */
export function evaluate(page: string): string {
  const places: Place[] = [];
  for (const match of page.matchAll(HIDDEN)) {
    places.push({ index: match.index, code: match[1] as string, isExpression: false });
  }
  for (const match of page.matchAll(INLINE)) {
    places.push({ index: match.index, code: match[2] as string, isExpression: true });
  }
  for (const match of page.matchAll(SHOWN)) {
    (match[1] as string).split('\n').forEach((line, i) => {
      const at = match.index + (i + 1) / 1e6;
      const arrow = ARROW.exec(line);
      const declared = /^(?:const|let) (\w+) =/.exec(arrow?.[2] ?? '')?.[1];
      if (arrow === null) places.push({ index: at, code: line, isExpression: false });
      else if (declared === undefined)
        places.push({ index: at, code: arrow[2] as string, isExpression: true });
      else {
        places.push({ index: at, code: `${arrow[2]};`, isExpression: false });
        places.push({ index: at, code: declared, isExpression: true });
      }
    });
  }
  places.sort((a, b) => a.index - b.index);
  const values = valuesOf(places);
  const inline = places.filter(({ isExpression, index }) => isExpression && Number.isInteger(index));
  const shown = places.filter(({ isExpression, index }) => isExpression && !Number.isInteger(index));
  const value = (place: Place | undefined): unknown => values.get(place as Place);
  let nextInline = 0;
  let nextShown = 0;
  return page
    .replaceAll(INLINE, (_, digits, code) => {
      const printed = decimals(value(inline[nextInline++]), digits === '' ? 6 : Number(digits));
      return `<!--=${digits} ${code} -->${printed}`;
    })
    .replaceAll(SHOWN, (_, code: string) => {
      const lines = code.split('\n').map((line) => {
        const arrow = ARROW.exec(line);
        if (arrow === null) return line;
        return `${arrow[1]}${arrow[2]}${arrow[3]} // → ${show(value(shown[nextShown++]))}`;
      });
      return `<!-- js -->\n\`\`\`js\n${lines.join('\n')}\`\`\``;
    });
}

/** Runs all the code of a page as one program. */
function valuesOf(places: readonly Place[]): Map<Place, unknown> {
  const found: unknown[] = [];
  const keep = (i: number, compute: () => unknown): void => {
    try {
      found[i] = compute();
    } catch (error) {
      found[i] = error;
    }
  };
  const body = places.map(({ code, isExpression }, i) =>
    isExpression ? `keep(${i}, () => (${code}));` : code,
  );
  const names = Object.keys(library);
  new Function('keep', ...names, `'use strict';\n${body.join('\n')}`)(keep, ...Object.values(library));
  return new Map(places.map((place, i) => [place, found[i]]));
}

/** A number in prose. */
function decimals(value: unknown, digits: number): string {
  if (value instanceof Error) throw value;
  if (typeof value !== 'number' || Number.isNaN(value)) throw new Error(`${String(value)} is no number`);
  const text = Number.isFinite(value) ? Math.abs(value).toFixed(digits) : '∞';
  return value < 0 && Number(text) !== 0 ? `−${text}` : text;
}

/** A value after an arrow: numbers to seven significant digits. */
function show(value: unknown): string {
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  if (typeof value === 'number') return String(Number(value.toPrecision(7)));
  if (typeof value === 'string') return value;
  if (Array.isArray(value) || ArrayBuffer.isView(value))
    return `[${[...(value as number[])].map(show).join(', ')}]`;
  return JSON.stringify(value);
}
