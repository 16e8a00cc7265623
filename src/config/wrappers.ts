import * as z from '../packages/zod.ts';
import { type WrapperSettingName, wrapperSettings } from '../wrapper/settings.ts';
import { type Wrapper, type WrapperKind, wrapperOf, wrappers } from '../wrapper/wrappers.ts';

/** Those that are over all copies together, and so come last: they are `environment.NAME`. */
const OVER_ALL = {
  normalizeObservations: 'is environment.normalizeObservations, after all others',
  normalizeRewards: 'is environment.normalizeRewards, after all others',
} as const;
type OverAll = keyof typeof OVER_ALL;

const settingNames = Object.keys(wrapperSettings) as WrapperSettingName[];

/** The kinds of wrapper that have a setting, as the documentation lists them. */
function kindsWith(name: WrapperSettingName): string {
  const kinds = wrappers.filter(({ settings }) => (settings as readonly WrapperSettingName[]).includes(name));
  return kinds.map(({ kind }) => kind).join(', ');
}

/** A wrapper as the config has it, or one over all copies. */
type Given = Wrapper | { readonly kind: OverAll };

const wrapperSchema = z
  .strictObject({
    kind: z
      .enum([...wrappers.map(({ kind }) => kind), ...(Object.keys(OVER_ALL) as OverAll[])])
      .describe(
        `${[...wrappers.map(({ kind, meaning }) => `${kind}: ${meaning}`), ...Object.entries(OVER_ALL).map(([kind, meaning]) => `${kind}: ${meaning}`)].join('; ')}.`,
      ),
    ...(Object.fromEntries(
      settingNames.map((name) => {
        const { schema, default: standard, meaning } = wrapperSettings[name];
        const description = `${meaning} Of ${kindsWith(name)}.`;
        return [
          name,
          schema.optional().meta({ ...(standard !== undefined && { default: standard }), description }),
        ];
      }),
    ) as { [Name in WrapperSettingName]: z.ZodOptional<(typeof wrapperSettings)[Name]['schema']> }),
  })
  .transform((given, context): Given => {
    const { kind } = given;
    const complain = (name: string, message: string): void =>
      void context.issues.push({ code: 'custom', path: [name], message, input: given });
    const own: readonly WrapperSettingName[] =
      kind in OVER_ALL ? [] : wrapperOf(kind as WrapperKind).settings;
    for (const name of settingNames)
      if (given[name] !== undefined && !own.includes(name))
        complain(name, `does not belong to the wrapper "${kind}"; it is a setting of ${kindsWith(name)}`);
    const filled = own.map((name) => [name, given[name] ?? wrapperSettings[name].default] as const);
    for (const [name, value] of filled)
      if (value === undefined) complain(name, `must be there for the wrapper "${kind}", but is missing`);
    const { low, high } = Object.fromEntries(filled);
    if (low !== undefined && high !== undefined && !(low < high))
      complain('low', `must be less than high, got ${low} and ${high}`);
    return { kind, ...Object.fromEntries(filled) } as Given;
  });

/** `environment.wrappers`: the first is innermost. */
export const wrappersSchema = z
  .array(wrapperSchema)
  .max(16)
  .prefault([])
  .describe(
    'What stands around each copy, the first innermost; logged returns stay those of the environment. docs/environments.md has each.',
  );

/** Of the wrappers of a config those that change what is seen. */
export function observationWrappersIn(given: readonly Wrapper[]): readonly Wrapper[] {
  return given.filter(({ kind }) => wrapperOf(kind).changesObservations);
}

/** What is said of normalisation by wrappers, and the others. @param complain at the place of a wrapper */
export function splitWrappers(
  given: readonly Given[],
  complain: (index: number, message: string) => void,
): { readonly wrappers: readonly Wrapper[] } & Readonly<Partial<Record<OverAll, true>>> {
  const isOver = (each: Given): each is { kind: OverAll } => each.kind in OVER_ALL;
  const over = given.filter(isOver);
  const others = given.filter((each): each is Wrapper => !isOver(each));
  for (const [i, each] of given.entries()) {
    if (!isOver(each)) continue;
    if (i < others.length)
      complain(i, `(${each.kind}) must come after all others: it is over all copies together`);
    else if (given.some(({ kind }, k) => k < i && kind === each.kind))
      complain(i, `(${each.kind}) is there twice`);
  }
  return { wrappers: others, ...Object.fromEntries(over.map(({ kind }) => [kind, true])) };
}
