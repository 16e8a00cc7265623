import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { asNobody } from '../as-nobody.ts';
import { KnownFolders, listingOf } from '../../src/run/folder-listing.ts';

const folder = (): string => mkdtempSync(join(tmpdir(), 'leash-listing-'));

describe('what is in a folder', () => {
  it('is a run where two of its three files are, and the folders and the links, in natural order', () => {
    const path = folder();
    for (const name of ['seed-10', 'seed-2']) mkdirSync(join(path, name));
    symlinkSync(path, join(path, 'linked'));
    writeFileSync(join(path, 'config.json'), '');
    expect(listingOf(path)).toEqual({ isRun: false, folders: ['seed-2', 'seed-10'], links: ['linked'] });
    writeFileSync(join(path, 'run.json'), '');
    expect(listingOf(path).isRun).toBe(true);
  });

  it('is nothing where it is not there, or a file', () => {
    const file = join(folder(), 'file');
    writeFileSync(file, '');
    const nothing = { isRun: false, folders: [], links: [] };
    for (const path of [file, `${file}-not`]) {
      expect(listingOf(path)).toEqual(nothing);
      expect(new KnownFolders().list(path)).toEqual(nothing);
    }
  });

  it('may be a run where it may not be read: whoever reads it says why it cannot', async () => {
    const path = folder();
    const [closed, around] = [join(path, 'closed'), join(path, 'around')];
    for (const each of [closed, around, join(around, 'within')]) mkdirSync(each);
    for (const each of [closed, around]) chmodSync(each, 0);
    await asNobody(path, () => {
      for (const list of [listingOf, (each: string) => new KnownFolders().list(each)]) {
        expect(list(path)).toEqual({ isRun: false, folders: ['around', 'closed'], links: [] });
        for (const each of [closed, join(around, 'within')])
          expect(list(each)).toEqual({ isRun: true, folders: [], links: [] });
      }
    });
    for (const each of [closed, around]) chmodSync(each, 0o700);
  });

  it('is read again where something came into it or left, and not else', () => {
    const path = folder();
    mkdirSync(join(path, 'a'));
    const long = (hours: number): void => utimesSync(path, hours * 3600, hours * 3600);
    const known = new KnownFolders();
    const look = () => {
      known.begin();
      return known.list(path);
    };
    long(1);
    const first = look();
    expect(look()).toBe(first);
    mkdirSync(join(path, 'b'));
    expect(look().folders).toEqual(['a', 'b']);
    long(2);
    expect(look().folders).toEqual(['a', 'b']);
    rmSync(join(path, 'a'), { recursive: true });
    // The same time as before stands for no change.
    long(2);
    expect(look().folders).toEqual(['a', 'b']);
    long(3);
    expect(look().folders).toEqual(['b']);
  });

  it('is read each time as long as its time is now, which tells nothing of what comes in the same tick', () => {
    const path = folder();
    const known = new KnownFolders();
    const now = new Date(Date.now() + 5000);
    for (const name of ['a', 'b']) {
      mkdirSync(join(path, name));
      utimesSync(path, now, now);
      known.begin();
      expect(known.list(path).folders).toContain(name);
    }
  });
});
