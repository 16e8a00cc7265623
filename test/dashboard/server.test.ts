import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { environmentOptions } from '../../envs/environment-options.ts';
import { type Dashboard, startDashboard } from '../../src/dashboard/server.ts';
import { MOST_ROWS, SECONDS, type ToldRows } from '../../src/dashboard/wire.ts';
import { encodeRow } from '../../src/row/encode.ts';
import type { MetricValue } from '../../src/row/field.ts';
import { ordinaryRow, temporaryFolder, writeRun } from '../plot/runs-on-disk.ts';
import { everything, get, Listener } from './listener.ts';

const open: (Dashboard | Listener)[] = [];
afterEach(async () => {
  for (const each of open.splice(0)) await (each instanceof Listener ? each.end() : each.close());
});

async function served(root: string, over: { host?: string; port?: number } = {}): Promise<string> {
  const dashboard = await startDashboard({
    root,
    host: '127.0.0.1',
    port: 0,
    environments: environmentOptions,
    ...over,
  });
  open.push(dashboard);
  return dashboard.address;
}

function listening(address: string, known?: string): Listener {
  const listener = new Listener(address, known);
  open.push(listener);
  return listener;
}

async function settled(address: string, isSo: (ids: readonly string[]) => boolean): Promise<void> {
  const end = Date.now() + 240_000;
  for (;;) {
    const ids = (await everything(address)).runs.map(({ id }) => id);
    if (isSo(ids)) return;
    if (Date.now() > end) throw new Error(`there are only ${ids.join()}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** The answer to a request word by word. */
function rawly(port: number, request: string): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(request));
    socket.on('data', (part) => {
      text += part;
    });
    socket.on('close', () => resolve(text));
  });
}

const row = (update: number): string => `${encodeRow(ordinaryRow(update))}\n`;

describe('what a dashboard tells', () => {
  it('is all runs below its folder, with what their rows come to', async () => {
    const root = temporaryFolder();
    writeRun(root, { name: 'a', seed: 3, updates: 7 });
    writeRun(root, { name: 'deep/study/b', status: 'dead', updates: 2 });
    writeRun(root, { name: 'c', status: 'running', row: (u) => ({ deltaViolated: u === 2 }) });
    const address = await served(root);
    await settled(address, (ids) => ids.length === 3);
    const { runs } = await everything(address);
    const told = runs.map(({ id, seed, status, rows, figures }) => [
      ...[id, seed, status, rows, figures?.updatesOutsideDelta],
    ]);
    expect(told).toEqual([
      ['a/seed-3', 3, 'completed', 7, 0],
      ['c/seed-0', 0, 'alive', 5, 1],
      ['deep/study/b/seed-0', 0, 'dead', 2, 0],
    ]);
    expect(runs[0].config?.environment.id).toBe('CartPole-v1');
    expect(runs[0].latest).toMatchObject({ update: 7, entropy: 1 });
  });

  it('is the place that a config has in its experiment, and another when that is another', async () => {
    const root = temporaryFolder();
    for (const name of ['deep/study/a', 'deep/study/b', 'c']) writeRun(root, { name });
    const marker = join(root, 'deep/study/experiment.json');
    writeFileSync(marker, '{"configs":["b","a"]}');
    const address = await served(root);
    await settled(address, (ids) => ids.length === 3);
    const places = async (): Promise<unknown> =>
      (await everything(address)).runs.map(({ id, place }) => [id, place]);
    expect(await places()).toEqual([
      ['c/seed-0', null],
      ['deep/study/a/seed-0', 1],
      ['deep/study/b/seed-0', 0],
    ]);
    writeFileSync(marker, '{"configs":["a","b","c"]}');
    await expect.poll(places, { timeout: 240_000 }).toEqual([
      ['c/seed-0', null],
      ['deep/study/a/seed-0', 0],
      ['deep/study/b/seed-0', 1],
    ]);
  });

  it('is rows from any on, of the columns that are asked for', async () => {
    const root = temporaryFolder();
    writeRun(root, { name: 'a', updates: 7, row: (u) => (u === 6 ? { entropy: Number.NaN } : {}) });
    writeRun(root, { name: 'b', updates: 2 });
    const address = await served(root);
    await settled(address, (ids) => ids.length === 2);
    const { text } = await get(
      address,
      '/rows?run=a/seed-0&from=5&run=b/seed-0&from=9&columns=update,entropy,no',
    );
    expect(JSON.parse(text)).toEqual({
      rows: [
        {
          id: 'a/seed-0',
          generation: 0,
          from: 5,
          count: 2,
          columns: { update: [6, 7], entropy: ['NaN', 1] },
        },
        { id: 'b/seed-0', generation: 0, from: 9, count: 0, columns: { update: [], entropy: [] } },
      ],
    });
    const all = JSON.parse((await get(address, '/rows?run=b/seed-0')).text) as { rows: ToldRows[] };
    expect(Object.keys(all.rows[0].columns)).toContain('klNewOldMean');
  });

  it('is a choice of the rows of a long run, with the curve that all of them tell, and all of a part', async () => {
    const root = temporaryFolder();
    const row = (u: number): Record<string, MetricValue> => ({
      ...{ curveUpdates: u, curveReturn: u, deltaViolated: u === 4321 },
      klOldNewMean: u === 4321 ? 3 : 0.01,
    });
    writeRun(root, { name: 'long', updates: 6000, row });
    const address = await served(root);
    await settled(address, (ids) => ids.length === 1);
    const asked = async (query: string): Promise<ToldRows> => {
      const { status, text } = await get(address, `/rows?run=long/seed-0&${query}`);
      expect(status, text).toBe(200);
      return (JSON.parse(text) as { rows: ToldRows[] }).rows[0];
    };
    const names = 'columns=update,klOldNewMean,curveUpdates,curveReturn';
    const { thinned, columns, from, count } = await asked(names);
    expect([from, count]).toEqual([0, 6000]);
    expect(thinned?.weights.reduce((a, b) => a + b, 0)).toBe(6000);
    expect(columns.update).toEqual(thinned?.rows.map((each) => each + 1));
    expect(columns.update.length).toBeLessThan(MOST_ROWS);
    expect(columns.klOldNewMean[columns.update.indexOf(4321)]).toBe(3);
    expect(columns.curve).toEqual(columns.update);
    const part = await asked(`${names}&from=4000&to=4003`);
    expect(part).toMatchObject({
      from: 4000,
      count: 3,
      columns: { update: [4001, 4002, 4003], curve: [4001, 4002, 4003] },
    });
    expect(part.thinned).toBeUndefined();
    expect((await asked('columns=update&from=5999')).columns.update).toEqual([6000]);
    for (const [from, to] of [
      [3, 3],
      [5, 2],
      [0, 6001],
      [7000, 8000],
    ]) {
      const { status, text } = await get(address, `/rows?run=long/seed-0&from=${from}&to=${to}`);
      expect([status, JSON.parse(text)]).toEqual([
        400,
        { problem: `from and to must be rows of long/seed-0, 0 ≤ from < to ≤ 6000, got ${from} and ${to}` },
      ]);
    }
    expect((await get(address, '/rows?run=long/seed-0&to=x')).text).toContain(
      'to must be a whole number ≥ 0',
    );
  });

  it('is increments alone: runs that appear, go on, finish, fail, die, are resumed and vanish', async () => {
    const root = temporaryFolder();
    writeRun(root, { name: 'still', updates: 3 });
    const address = await served(root);
    await settled(address, (ids) => ids.length === 1);
    const page = listening(address);
    await page.until((_, heard) => heard.some(({ event }) => event === 'anew'));
    const before = page.changes.length;
    const statusOf = (id: string) =>
      page.changes.flatMap(({ runs }) => runs.filter((run) => run.id === id)).at(-1)?.status;

    const path = writeRun(root, { name: 'new', status: 'running', updates: 2 });
    await page.until(() => statusOf('new/seed-0') === 'alive');
    appendFileSync(join(path, 'metrics.jsonl'), row(3) + row(4));
    await page.until((changes) => changes.some(({ rows }) => rows.some(({ from }) => from === 2)));
    const told = page.changes.flatMap(({ rows }) => rows).filter(({ from }) => from === 2);
    expect(told).toHaveLength(1);
    expect(told[0]).toMatchObject({ id: 'new/seed-0', count: 2, columns: { update: [3, 4] } });

    for (const status of ['dead', 'running', 'completed', 'failed', 'interrupted']) {
      writeRun(root, { name: 'new', status, updates: 4 });
      await page.until(() => statusOf('new/seed-0') === (status === 'running' ? 'alive' : status));
    }
    rmSync(path, { recursive: true });
    await page.until((changes) => changes.some(({ gone }) => gone.includes('new/seed-0')));
    const own = page.changes.slice(before);
    expect(own.flatMap(({ runs, rows }) => [...runs, ...rows]).every(({ id }) => id === 'new/seed-0')).toBe(
      true,
    );
    expect(page.changes.map(({ sequence }) => sequence)).toEqual(
      [...page.changes.keys()].map((at) => at + page.changes[0].sequence),
    );
    await settled(address, (ids) => ids.join() === 'still/seed-0');
  });

  it('is the seconds of each row, which are written behind it: of rows that were told already they come alone', async () => {
    const root = temporaryFolder();
    const path = writeRun(root, { name: 'a', status: 'running', updates: 2 });
    writeFileSync(join(writeRun(root, { name: 'fit', updates: 2 }), 'timing.jsonl'), '');
    const address = await served(root);
    await settled(address, (ids) => ids.length === 2);
    const page = listening(address);
    await page.until((_, heard) => heard.length > 0);
    appendFileSync(join(path, 'metrics.jsonl'), row(3) + row(4));
    const told = (from: number) =>
      page.changes.flatMap(({ rows }) => rows).filter((each) => each.from === from);
    await page.until(() => told(2).length === 1);
    expect(told(2)[0].columns[SECONDS]).toEqual([null, null]);
    // Update 3 was not timed, and never will be.
    appendFileSync(join(path, 'timing.jsonl'), '{"update":4,"seconds":0.9}\n');
    await page.until(() => told(3).length === 1);
    expect(told(3)[0]).toMatchObject({ count: 1 });
    expect(told(3)[0].columns).toEqual({ [SECONDS]: [0.9] });
    const { text } = await get(address, `/rows?run=a/seed-0&run=fit/seed-0&columns=${SECONDS}`);
    const { rows } = JSON.parse(text) as { rows: ToldRows[] };
    expect(rows.map(({ columns }) => columns)).toEqual([{ [SECONDS]: [0.1, 0.2, null, 0.9] }, {}]);
    expect((await everything(address)).runs.map(({ latest }) => latest[SECONDS])).toEqual([0.9, undefined]);

    // Of a clock that was set back nothing is drawn at a place where nothing was.
    appendFileSync(join(path, 'timing.jsonl'), '{"update":5,"seconds":0.1}\n');
    appendFileSync(join(path, 'metrics.jsonl'), row(5));
    await page.until(() => told(4).length === 1);
    expect(told(4)[0].columns[SECONDS]).toEqual([null]);
    expect((await everything(address)).runs[0].problems).toEqual([
      expect.stringContaining(
        'timing.jsonl: 1 row left out (line 4: seconds must be ≥ 0.9, those of update 4',
      ),
    ]);
    const before = (await everything(address)).runs[0].generation;
    rmSync(join(path, 'timing.jsonl'));
    await page.until((changes) =>
      changes.some(({ runs }) => runs.some(({ id, generation }) => id === 'a/seed-0' && generation > before)),
    );
    const again = await get(address, `/rows?run=a/seed-0&columns=${SECONDS}`);
    expect((JSON.parse(again.text) as { rows: ToldRows[] }).rows[0].columns[SECONDS]).toEqual(
      new Array(5).fill(null),
    );
  });

  it('begins a run anew whose rows were replaced', async () => {
    const root = temporaryFolder();
    const path = writeRun(root, { name: 'a', status: 'running', updates: 3 });
    const address = await served(root);
    await settled(address, (ids) => ids.length === 1);
    const page = listening(address);
    rmSync(path, { recursive: true });
    writeRun(root, { name: 'a', status: 'running', updates: 2, row: () => ({ entropy: 5 }) });
    await page.until((changes) => changes.some(({ runs }) => runs.some((run) => run.rows === 2)));
    const { text } = await get(address, '/rows?run=a/seed-0&columns=entropy');
    expect((JSON.parse(text) as { rows: ToldRows[] }).rows[0].columns.entropy).toEqual([5, 5]);
  });

  it('is said again from the last that was heard on, after a lost connection', async () => {
    const root = temporaryFolder();
    const path = writeRun(root, { name: 'a', status: 'running', updates: 1 });
    const address = await served(root);
    const first = listening(address);
    await first.until((_, heard) => heard.length > 0);
    const file = join(path, 'metrics.jsonl');
    appendFileSync(file, row(2));
    await first.until((changes) => changes.some(({ rows }) => rows.some(({ from }) => from === 1)));
    const known = first.heard.at(-1)?.id ?? '';
    first.end();
    const other = listening(address);
    appendFileSync(file, row(3));
    await other.until((changes) => changes.some(({ rows }) => rows.some(({ from }) => from === 2)));
    appendFileSync(file, row(4));
    await other.until((changes) => changes.some(({ rows }) => rows.some(({ from }) => from === 3)));

    const again = listening(address, known);
    await again.until((changes) => changes.length >= 2);
    expect(again.heard.map(({ event }) => event)).toEqual(['change', 'change']);
    expect(again.changes.flatMap(({ rows }) => rows.map(({ from }) => from))).toEqual([2, 3]);
    // Of another start of the server, of the future, or nonsense: what it has may be anything.
    for (const id of ['0123456789ab.1', `${known.split('.')[0]}.99999`, 'x', `${known.split('.')[0]}.-1`]) {
      const lost = listening(address, id);
      await lost.until((_, heard) => heard.length > 0);
      expect(lost.heard[0].event).toBe('anew');
    }
  });

  it('names what is damaged and uses the rest', async () => {
    const root = temporaryFolder();
    writeRun(root, { name: 'a', updates: 3, row: (u) => (u === 2 ? 'no row' : {}) });
    writeFileSync(join(writeRun(root, { name: 'b' }), 'config.json'), '{');
    const address = await served(root);
    await settled(address, (ids) => ids.length === 2);
    const { runs } = await everything(address);
    expect(runs[0]).toMatchObject({
      rows: 2,
      problems: [expect.stringContaining('1 row left out (line 2:')],
    });
    expect(runs[1]).toMatchObject({ config: null, problems: [expect.stringContaining('config.json')] });
  });

  it('is the verdict of leash compare over the folders of some runs', async () => {
    const root = temporaryFolder();
    for (const seed of [0, 1, 2, 3]) {
      writeRun(root, { name: 'good', seed, updates: 20, row: (u) => ({ returnMean: 10 + u + seed / 10 }) });
      writeRun(root, {
        name: 'bad',
        seed,
        updates: 20,
        row: (u) => ({ returnMean: u / 10 + seed / 10 }),
        config: { steps: 77 },
      });
    }
    const address = await served(root);
    await settled(address, (ids) => ids.length === 8);
    const { sentences, command } = JSON.parse(
      (await get(address, '/verdict?run=good/seed-0&run=bad/seed-2')).text,
    ) as {
      sentences: string[];
      command: string;
    };
    expect(sentences.join(' ')).toMatch(/good/);
    expect(command).toMatch(/^leash compare \S+good \S+bad$/);
    const alone = await get(address, '/verdict?run=good/seed-0&run=good/seed-1');
    expect([alone.status, alone.text]).toEqual([400, expect.stringContaining('select runs of two folders')]);
  });

  it('refuses what makes no sense in one line', async () => {
    const root = temporaryFolder();
    writeRun(root, { name: 'a' });
    const address = await served(root);
    await settled(address, (ids) => ids.length === 1);
    const refusals: Record<string, [number, string]> = {
      '/rows': [400, 'run is missing: the id of a run'],
      '/rows?run=a/seed-0&from=-1': [400, 'from must be a whole number ≥ 0, got "-1"'],
      '/rows?run=b': [404, 'there is no run "b"'],
      [`/rows?${'run=a/seed-0&'.repeat(26)}`]: [400, 'run must be named 25 times at most, got 26'],
      '/ledger?run=a/seed-0&update=x': [400, 'update must be a whole number ≥ 0, got "x"'],
      '/ledger?run=a/seed-0&update=1': [
        404,
        'the run has no ledger: train with --set trustRegion.ledger=true',
      ],
      '/nothing': [404, 'there is nothing of that name'],
    };
    for (const [path, [status, problem]] of Object.entries(refusals)) {
      const answer = await get(address, path);
      expect([answer.status, JSON.parse(answer.text)], path).toEqual([status, { problem }]);
    }
    const many = await get(address, `/rows?run=a/seed-0&columns=${'update,'.repeat(1000)}update`);
    expect(many.text.match(/"update"/g)).toHaveLength(1);
  });
});

describe('a dashboard is safe', () => {
  async function one(over: { host?: string } = {}): Promise<string> {
    const root = temporaryFolder();
    writeRun(root, { name: 'a' });
    const address = await served(root, over);
    return address;
  }

  it('against names that others gave to this address (DNS rebinding)', async () => {
    const address = await one();
    const { port } = new URL(address);
    for (const host of [
      'evil.example',
      `evil.example:${port}`,
      '127.0.0.1.evil.example',
      'localhost.evil.example',
      `10.0.0.1:${port}`,
      '@127.0.0.1',
    ]) {
      for (const path of ['/', '/everything', '/events', '/dashboard.js'])
        expect((await get(address, path, { host })).status, `${host} ${path}`).toBe(403);
    }
    expect(await rawly(Number(port), 'GET / HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1.1 403 /);
    expect(
      await rawly(
        Number(port),
        'GET http://localhost/ HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n',
      ),
    ).toMatch(/^HTTP\/1.1 403 /);
    for (const host of [`127.0.0.1:${port}`, 'localhost', `LOCALHOST:${port}`, `[::1]:${port}`])
      expect((await get(address, '/', { host })).status, host).toBe(200);
  });

  it('against pages of elsewhere: nothing allows them, their requests are refused', async () => {
    const address = await one();
    for (const path of ['/', '/everything', '/dashboard.js', '/nothing']) {
      const { headers } = await get(address, path, { origin: 'https://evil.example' });
      expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
      expect(headers).toMatchObject({
        'cross-origin-resource-policy': 'same-origin',
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
      });
    }
    for (const origin of [
      'https://evil.example',
      'null',
      'http://127.0.0.1:1',
      `https${address.slice(4, -1)}`,
    ])
      expect((await get(address, '/everything', { origin })).status, origin).toBe(403);
    expect((await get(address, '/everything', { origin: address.slice(0, -1) })).status).toBe(200);
    for (const site of ['cross-site', 'same-site'])
      expect(
        (await get(address, '/everything', { 'sec-fetch-site': site, 'sec-fetch-mode': 'no-cors' })).status,
      ).toBe(403);
    // A link that somebody follows.
    expect(
      (await get(address, '/', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' })).status,
    ).toBe(200);
  });

  it('against code in texts: the page may run its own scripts alone, and evaluate nothing', async () => {
    const { headers, text } = await get(await one(), '/');
    const policy = String(headers['content-security-policy']);
    expect(policy).toMatch(/^default-src 'none'; script-src 'self'; style-src 'self';/);
    expect(policy).not.toMatch(/unsafe|eval|https?:|\*|data:/);
    expect(policy).toContain("frame-ancestors 'none'");
    expect(text).not.toMatch(/<script>|<style|\son\w+=|javascript:/);
  });

  it('against writing: whatever is not GET or HEAD is refused', async () => {
    const address = await one();
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'])
      expect((await get(address, '/everything', {}, method)).status, method).toBe(405);
    expect(await get(address, '/everything', {}, 'HEAD')).toMatchObject({ status: 200, text: '' });
    expect(await get(address, '/events', {}, 'HEAD')).toMatchObject({ status: 200, text: '' });
  });

  it('against ways out of the folder: ids are no paths, nor are the page’s files', async () => {
    const root = temporaryFolder();
    const outside = writeRun(temporaryFolder(), { name: 'secret' });
    writeRun(root, { name: 'a' });
    const address = await served(root);
    await settled(address, (ids) => ids.length === 1);
    const ways = ['../', '..%2f', '%2e%2e/', '....//', '/etc/', 'a/seed-0/../../', '%00'].map(
      (way) => `${way}secret/seed-0`,
    );
    for (const way of [...ways, outside, 'a/seed-0/', '__proto__', 'constructor'])
      for (const path of ['rows', 'ledger', 'verdict'])
        expect(
          (await get(address, `/${path}?update=1&run=${encodeURIComponent(way)}`)).status,
          `${path} ${way}`,
        ).toBe(404);
    for (const path of [
      '/../package.json',
      '/..%2f..%2fpackage.json',
      '/dashboard.js/../../package.json',
      '//etc/passwd',
      '/a/seed-0/config.json',
      'http://127.0.0.1/etc/passwd',
    ])
      expect((await get(address, path)).status, path).toBe(404);
  });

  it('against links out of the folder: a run with one is left out and named', async () => {
    const root = temporaryFolder();
    const secret = join(temporaryFolder(), 'secret');
    mkdirSync(secret);
    const outside = writeRun(secret, { name: 'secret' });
    writeRun(root, { name: 'a' });
    symlinkSync(secret, join(root, 'linked'));
    symlinkSync(outside, join(root, 'a', 'seed-1'));
    for (const file of [
      'metrics.jsonl',
      'config.json',
      'run.json',
      'ledger.jsonl',
      'owner.json',
      'snapshots',
      'timing.jsonl',
    ]) {
      const path = writeRun(root, { name: `by-${file}` });
      rmSync(join(path, file), { force: true });
      symlinkSync(join(outside, file), join(path, file));
    }
    const address = await served(root);
    await settled(address, (ids) => ids.length === 1);
    const { runs, problems } = await everything(address);
    expect(runs.map(({ id }) => id)).toEqual(['a/seed-0']);
    expect([...problems].sort()).toEqual([
      'a/seed-1 is left out: its folder is a link, which is not followed',
      ...[
        'config.json',
        'ledger.jsonl',
        'metrics.jsonl',
        'owner.json',
        'run.json',
        'snapshots',
        'timing.jsonl',
      ].map((file) => `by-${file}/seed-0 is left out: its ${file} is a link, which is not followed`),
      'linked is left out: its folder is a link, which is not followed',
    ]);
  });

  it.skipIf(process.platform === 'win32')(
    'against pipes in the place of files (skipped where there are none): nobody waits for them',
    async () => {
      const root = temporaryFolder();
      const files = ['config.json', 'run.json', 'metrics.jsonl', 'timing.jsonl', 'owner.json'];
      const paths = files.map((file) => [writeRun(root, { name: `by-${file}` }), file] as const);
      for (const [path, file] of paths) rmSync(join(path, file), { force: true });
      execFileSync('mkfifo', [...paths.map((each) => join(...each)), join(root, 'experiment.json')]);
      const address = await served(root);
      await settled(address, (ids) => ids.length === files.length);
      const { runs } = await everything(address);
      expect(runs.flatMap(({ problems }) => problems)).toEqual([
        expect.stringMatching(/config\.json is a named pipe, not a file$/),
        expect.stringMatching(/run\.json is a named pipe, not a file$/),
      ]);
    },
  );

  it('where a link takes the place of a file while it is looked at', async () => {
    const root = temporaryFolder();
    const outside = writeRun(temporaryFolder(), { name: 'secret', updates: 9 });
    const path = writeRun(root, { name: 'a', status: 'running', updates: 1 });
    const address = await served(root);
    await settled(address, (ids) => ids.length === 1);
    rmSync(join(path, 'metrics.jsonl'));
    symlinkSync(join(outside, 'metrics.jsonl'), join(path, 'metrics.jsonl'));
    await settled(address, (ids) => ids.length === 0);
    expect((await everything(address)).problems).toEqual([
      expect.stringContaining('metrics.jsonl is a link'),
    ]);
  });

  it('beyond this machine by a token, which leaves the address for a cookie', async () => {
    const address = await one({ host: '0.0.0.0' });
    const { origin, port, searchParams } = new URL(address);
    const token = searchParams.get('token') ?? '';
    expect(token).toMatch(/^[\w-]{24}$/);
    for (const path of [
      '/',
      '/everything',
      '/events',
      '/dashboard.js',
      '/?token=',
      '/?token=wrong',
      `/?token=${token}x`,
    ])
      expect((await get(origin, path)).status, path).toBe(401);
    const entered = await get(origin, `/?token=${token}`);
    expect([entered.status, entered.headers.location]).toEqual([303, '/']);
    const [cookie] = entered.headers['set-cookie'] ?? [];
    expect(cookie).toBe(`leash-${port}=${token}; HttpOnly; SameSite=Strict; Path=/`);
    const own = { cookie: `other=1; ${cookie.split(';')[0]}` };
    expect((await get(origin, '/everything', own)).status).toBe(200);
    expect((await get(origin, '/everything', { cookie: `leash-${port}=${token}x` })).status).toBe(401);
    // Names of others are refused with it, too; addresses are nobody's to give.
    expect((await get(origin, '/everything', { ...own, host: 'evil.example' })).status).toBe(403);
    expect((await get(origin, '/everything', { ...own, host: `192.168.1.7:${port}` })).status).toBe(200);
  });

  it('has no token on loopback, where only this machine hears it', async () => {
    expect(new URL(await one()).search).toBe('');
  });

  it('says in one line that a port is taken, or an address is none of this machine', async () => {
    const { port } = new URL(await one());
    const root = temporaryFolder();
    await expect(served(root, { port: Number(port) })).rejects.toThrow(
      `--port ${port} is taken on 127.0.0.1; --port 0 takes a free one`,
    );
    await expect(served(root, { host: '203.0.113.7' })).rejects.toThrow(
      '--host must be an address of this machine',
    );
    await expect(served(root, { host: ' ' })).rejects.toThrow('--host must be an address of this machine');
    await expect(served(root, { host: 'no.such.host.invalid' })).rejects.toThrow(
      '--host must be an address of this machine',
    );
  });
});

it('no more than five hundred pages listen at once', async () => {
  const address = await served(temporaryFolder());
  const pages = Array.from({ length: 500 }, () => listening(address));
  await Promise.all(pages.map((page) => page.until((_, heard) => heard.length > 0)));
  const more = await get(address, '/events');
  expect([more.status, JSON.parse(more.text)]).toEqual([
    503,
    { problem: 'as many pages listen as can; one that is closed makes room' },
  ]);
});

it('two hundred pages hear all of it', async () => {
  const root = temporaryFolder();
  const path = writeRun(root, { name: 'a', status: 'running', updates: 1 });
  const address = await served(root);
  await settled(address, (ids) => ids.length === 1);
  const pages = Array.from({ length: 200 }, () => listening(address));
  await Promise.all(pages.map((page) => page.until((_, heard) => heard.length > 0)));
  for (let update = 2; update <= 6; update++) {
    appendFileSync(join(path, 'metrics.jsonl'), row(update));
    await Promise.all(
      pages.map((page) =>
        page.until((changes) =>
          changes.flatMap(({ rows }) => rows).some(({ columns }) => columns.update?.includes(update)),
        ),
      ),
    );
  }
  const heard = new Set(
    pages.map((page) =>
      page.changes.flatMap(({ rows }) => rows.flatMap(({ columns }) => columns.update)).join(),
    ),
  );
  expect([...heard].every((updates) => '2,3,4,5,6'.endsWith(updates) || updates === '2,3,4,5,6')).toBe(true);
});
