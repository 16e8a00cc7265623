/** What of a config that came with leash the page itself reads; the worker checks all of it. */
export interface Shipped {
  readonly description?: string;
  readonly environment?: { readonly id?: string };
}

/** The configs that stand beside the page, by name. @throws Error of one line where there are none */
export async function loadShipped(): Promise<ReadonlyMap<string, Shipped>> {
  const answer = await fetch('configs.json').catch(() => undefined);
  if (!answer?.ok) throw new Error('configs.json, the list of configs, is not beside the page');
  return new Map(Object.entries((await answer.json()) as Record<string, Shipped>));
}

/** A shipped config as its file has it. */
export function textOf(config: Shipped | undefined): string {
  return `${JSON.stringify(config, null, 2)}\n`;
}
