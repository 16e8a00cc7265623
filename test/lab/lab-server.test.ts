import { connect } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { environmentOptions } from '../../envs/environment-options.ts';
import { startLab } from '../../src/lab/lab-server.ts';
import { labSite } from '../../src/lab/site.ts';
import type { LocalServer } from '../../src/server/local-server.ts';
import { get } from '../dashboard/listener.ts';

const site = labSite(environmentOptions);
let lab: LocalServer;
beforeAll(async () => {
  lab = await startLab('127.0.0.1', 0, site);
});
afterAll(() => lab.close());

it('serves its files alone, isolated, and lets nothing run but what is in them', async () => {
  for (const [name, { type, body }] of site) {
    const { status, headers } = await get(lab.address, name === 'index.html' ? '/' : `/${name}`);
    expect([status, headers['content-type']?.split(';')[0]]).toEqual([200, type]);
    expect(Number(headers['content-length'])).toBe(Buffer.byteLength(body));
    expect(headers).toMatchObject({
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-embedder-policy': 'require-corp',
      'cross-origin-resource-policy': 'same-origin',
      'x-content-type-options': 'nosniff',
      'content-security-policy':
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; connect-src 'self'; worker-src 'self'; img-src 'self' blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    });
    expect(headers['access-control-allow-origin']).toBeUndefined();
  }
});

it('is below a megabyte and a half', () => {
  const bytes = [...site.values()].reduce((sum, { body }) => sum + Buffer.byteLength(body), 0);
  console.log(`the laboratory: ${Math.round(bytes / 1000)} kB`);
  expect(bytes).toBeLessThan(1.5e6);
});

it('refuses other hosts, other sites, other methods and what is no file of its own', async () => {
  const { port } = new URL(lab.address);
  for (const host of ['evil.example', `evil.example:${port}`, '127.0.0.1.evil.example', 'a@127.0.0.1'])
    expect((await get(lab.address, '/lab.js', { host })).status, host).toBe(403);
  for (const site of ['cross-site', 'same-site'])
    expect((await get(lab.address, '/kernels.wasm', { 'sec-fetch-site': site })).status).toBe(403);
  for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS'])
    expect((await get(lab.address, '/', {}, method)).status, method).toBe(405);
  for (const path of [
    '/../package.json',
    '/..%2fpackage.json',
    '//etc/passwd',
    '/configs/quickstart.json',
    '/LAB.js',
    '/lab.js/',
  ])
    expect((await get(lab.address, path)).status, path).toBe(404);
  expect((await get(lab.address, '/', {}, 'HEAD')).text).toBe('');
});

it('answers what is no HTTP with nothing of its files', async () => {
  const { port } = new URL(lab.address);
  const text = await new Promise<string>((resolve) => {
    let all = '';
    const socket = connect(Number(port), '127.0.0.1', () => socket.write('GET nonsense\r\n\r\n'));
    socket.on('data', (part) => {
      all += String(part);
    });
    socket.on('close', () => resolve(all));
  });
  expect(text).toMatch(/^HTTP\/1\.1 400 /);
});
