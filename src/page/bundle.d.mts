type Scripts = Readonly<Record<string, string>>;
export const bundles: Readonly<Record<string, Scripts>>;
/** The module that holds the texts of these scripts. */
export function bundlePage(scripts: Scripts): Promise<string>;
