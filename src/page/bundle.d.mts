/** The module that holds the text of the page's script. */
export function bundlePage(): Promise<string>;
