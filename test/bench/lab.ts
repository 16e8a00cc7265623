/**
 * What `leash lab` is to who opens it, in Debian's chromium:
 *   npm run bench:lab                   seven turns, about two minutes
 *   npm run bench:lab -- --turns 3      fewer
 * Bytes of the page; milliseconds from when the page is there to the first update, and from the click to it; updates a second of a
 * worker on one thread as a share of those of Node.js, A B A B …; frames and long tasks of the page while one worker trains.
 * Medians, and of the share a 95% interval.
 */
import { parseArgs } from 'node:util';
import { environmentOptions } from '../../envs/environment-options.ts';
import { findEnvironment } from '../../envs/registry.ts';
import { resolveConfig } from '../../src/config/load.ts';
import { labSite, offeredConfigs } from '../../src/lab/site.ts';
import { loadEngine } from '../../src/node/load-engine.ts';
import { createTraining } from '../../src/train/training.ts';
import { openLab } from '../browser/lab-page.ts';
import { trainInTab } from '../browser/train-in-tab.ts';
import { interval, median } from './measure.ts';

/** Configs to train: name → updates to warm up with, and to time. */
const TIMED: Readonly<Record<string, readonly [warmUp: number, until: number]>> = {
  quickstart: [20, 90],
  'cart-pole-clip-4x128': [10, 60],
  'pendulum-clip': [2, 8],
};

const { values } = parseArgs({ options: { turns: { type: 'string', default: '7' } } });
const turns = Number(values.turns);
if (!Number.isInteger(turns) || turns < 1)
  throw new Error(`--turns must be an integer ≥ 1, got ${values.turns}`);

const site = labSite(environmentOptions);
const offered = offeredConfigs(environmentOptions);
const bytes = [...site.values()].reduce((sum, { body }) => sum + Buffer.byteLength(body), 0);
console.log(`page: ${Math.round(bytes / 1000)} kB in ${site.size} files`);
const lab = await openLab();

/** Milliseconds of the same updates on one thread of Node.js. */
async function inNode(name: string, [warmUp, until]: readonly [number, number]): Promise<number> {
  const { loaded } = resolveConfig(offered[name], name, [], environmentOptions);
  if (loaded === undefined) throw new Error(`${name} is no config`);
  const definition = findEnvironment(loaded.config.environment.id as string);
  const training = createTraining(loaded.config, definition, await loadEngine('wasm'));
  for (let u = 0; u < warmUp; u++) training.update();
  const begun = performance.now();
  for (let u = warmUp; u < until; u++) training.update();
  const spent = performance.now() - begun;
  training.dispose();
  return spent;
}

/** As a page sees it: presses the button as soon as it can be, and waits for the first figures. */
const FIRST_UPDATE = `new Promise((resolve) => {
  let pressed;
  const look = () => {
    const button = [...document.querySelectorAll('button')].find((each) => each.textContent === 'train');
    if (pressed === undefined && button && !button.disabled) {
      pressed = performance.now();
      button.click();
    }
    if (!document.querySelector('.figures li')) return requestAnimationFrame(look);
    const [{ domContentLoadedEventEnd: there }] = performance.getEntriesByType('navigation');
    resolve([performance.now() - there, performance.now() - pressed]);
  };
  look();
})`;

async function timeFirstUpdates(): Promise<void> {
  const times: number[][] = [];
  for (let turn = 0; turn < turns; turn++) {
    const page = await lab.open('');
    times.push(await page.evaluate<number[]>(FIRST_UPDATE));
    await page.close();
  }
  const [whole, own] = [0, 1].map((at) => Math.round(median(times.map((each) => each[at] as number))));
  console.log(`first update: ${whole} ms after the page was there, ${own} ms after the click`);
}

async function timeShares(): Promise<void> {
  const page = await lab.open('');
  for (const [name, updates] of Object.entries(TIMED)) {
    const shares: number[] = [];
    const [warmUp, until] = updates;
    for (let turn = 0; turn < turns; turn++) {
      const node = await inNode(name, updates);
      const { milliseconds } = await trainInTab(page, offered[name], [warmUp, until]);
      shares.push(node / (milliseconds[1] as number));
    }
    const [low, high] = interval(shares);
    const words = [median(shares), low, high].map((share) => `${Math.round(100 * share)}%`);
    console.log(
      `${name}: ${words[0]} of the speed of one thread of Node.js (95% interval ${words[1]} to ${words[2]})`,
    );
  }
  await page.close();
}

/** What Chromium's tracing writes, of which this much is read. */
interface Trace {
  readonly traceEvents: readonly {
    readonly name: string;
    readonly pid: number;
    readonly tid: number;
    /** Microseconds of processor time. */
    readonly tdur?: number;
    readonly args?: { readonly name?: string };
  }[];
}

/** Milliseconds of processor time of each task of the pages' own threads: on a busy machine those of the clock are others'. */
function processorTimes({ traceEvents }: Trace): number[] {
  const pages = traceEvents
    .filter(({ name, args }) => name === 'thread_name' && args?.name === 'CrRendererMain')
    .map(({ pid, tid }) => `${pid} ${tid}`);
  return traceEvents
    .filter(({ name, pid, tid }) => name.endsWith('RunTask') && pages.includes(`${pid} ${tid}`))
    .map(({ tdur = 0 }) => tdur / 1000);
}

async function timeFrames(): Promise<void> {
  const page = await lab.open('#config=cart-pole-clip');
  await page.getByRole('button', { name: 'train', exact: true }).click();
  await page.waitForTimeout(1500);
  await lab.browser.startTracing(page, { categories: ['toplevel', '__metadata'] });
  const found = await page.evaluate<{ frames: number[]; tasks: number[] }>(`new Promise((resolve) => {
    const frames = [], tasks = [];
    new PerformanceObserver((list) => tasks.push(...list.getEntries().map(({ duration }) => duration))).observe({ entryTypes: ['longtask'] });
    let before = performance.now();
    const end = before + 8000;
    const frame = (now) => {
      frames.push(now - before);
      before = now;
      if (now < end) requestAnimationFrame(frame);
      else resolve({ frames, tasks });
    };
    requestAnimationFrame(frame);
  })`);
  const own = processorTimes(JSON.parse((await lab.browser.stopTracing()).toString()) as Trace);
  const longest = found.tasks.length === 0 ? '' : `, the longest ${Math.round(Math.max(...found.tasks))} ms`;
  console.log(
    `while one worker trains: median frame ${median(found.frames).toFixed(1)} ms of ${found.frames.length}, ${found.tasks.length} tasks above 50 ms${longest}; in processor time of the page’s thread ${own.filter((each) => each > 50).length}, the longest ${Math.max(...own).toFixed(1)} ms`,
  );
  await page.close();
}

await timeFirstUpdates();
await timeShares();
await timeFrames();
await lab.close();
