import { environmentOptions } from '../../envs/environment-options.ts';
import { requireOwnSite, writeSite } from '../lab/export-site.ts';
import { startLab } from '../lab/lab-server.ts';
import { labSite } from '../lab/site.ts';
import { makeNewFolder, requireFolderPlace } from './new-folder.ts';
import { print } from './print/print.ts';
import type { Listen } from './signals.ts';
import { portOf, serveUntilSignal } from './until-signal.ts';

/** `leash lab`: serves the laboratory until a signal comes, or writes it as a site. @returns the exit code */
export async function labHere(
  given: { readonly port: string; readonly host: string; readonly export?: string | undefined },
  listen: Listen,
): Promise<number> {
  const port = portOf(given.port);
  const { host, export: folder } = given;
  if (folder === undefined)
    return await serveUntilSignal(
      () => startLab(host, port, labSite(environmentOptions)),
      'is the laboratory',
      listen,
    );
  requireFolderPlace('--export', folder);
  const site = labSite(environmentOptions);
  requireOwnSite('--export', folder, site);
  writeSite('--export', folder, site, makeNewFolder('--export', folder));
  print(`${folder}  is the laboratory, ${site.size} files; a web server must serve it, as leash lab does`);
  return 0;
}
