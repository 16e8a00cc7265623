import { isAside } from '../config/aside.ts';

/** The settings whose values are not the same in all configs, sorted as the first config has them. */
export function differingPaths(configs: readonly object[]): string[] {
  const settings = configs.map((config) => settingsOf(config));
  const paths = new Set(settings.flatMap((each) => [...each.keys()]));
  return [...paths].filter(
    (path) => !isAside(path) && new Set(settings.map((each) => JSON.stringify(each.get(path)))).size > 1,
  );
}

/** Path → value of every setting; a schedule is one setting. */
export function settingsOf(config: object, prefix = ''): Map<string, unknown> {
  const settings = new Map<string, unknown>();
  for (const [key, value] of Object.entries(config)) {
    const isSection =
      typeof value === 'object' && value !== null && !Array.isArray(value) && !('schedule' in value);
    if (!isSection) settings.set(prefix + key, value);
    else for (const [path, inner] of settingsOf(value, `${prefix}${key}.`)) settings.set(path, inner);
  }
  return settings;
}

/** All settings of a config that change a run, but for its seed: the same text of equal ones. */
export function settingsText(config: object): string {
  const own = [...settingsOf(config)].filter(([path]) => !isAside(path));
  return JSON.stringify(own.sort(([a], [b]) => (a < b ? -1 : 1)));
}
