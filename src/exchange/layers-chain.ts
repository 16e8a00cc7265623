import { parseBySchema } from '../config/parse-by-schema.ts';
import { isTree } from '../config/problem.ts';
import type { NetworkShape } from '../network/shape.ts';
import * as z from '../packages/zod.ts';
import type { StoredLayersModel } from './parse-layers-model.ts';

const layerSchema = z.object({
  class_name: z.string().min(1),
  config: z.object({
    name: z.string().optional(),
    activation: z.string().nullable().optional(),
    use_bias: z.boolean().optional(),
    max_value: z.number().nullable().optional(),
    negative_slope: z.unknown().optional(),
    threshold: z.unknown().optional(),
  }),
  inbound_nodes: z.unknown().optional(),
});
const layersSchema = z.object({
  layers: z.array(layerSchema),
  output_layers: z.array(z.unknown()).optional(),
});
export type KerasLayer = z.output<typeof layerSchema>;

/** Layers of leash's own that take several inputs. */
const JOINING = new Set(['Concatenate', 'Add']);
/** Layers that change nothing when acting. */
const PASSIVE = new Set(['InputLayer', 'Dropout']);
const PERCEPTRON = new Set(['Dense', 'ReLU', 'Activation', 'Softmax']);

/** The layers of a model that do something, and from which layer each of all takes its input. */
export interface Chain {
  readonly layers: readonly KerasLayer[];
  /** By name; without it of a Sequential, whose order says it. */
  readonly sources?: ReadonlyMap<string, string | undefined>;
  readonly outputs: number;
}

/** The layers of a model, all of them of kinds that a perceptron has. */
export function chainOf(
  { class_name, config }: StoredLayersModel['topology'],
  own: (name: string) => boolean,
): Chain {
  const written = Array.isArray(config) ? { layers: config } : config;
  if (!isTree(written) || !Array.isArray(written.layers))
    throw new Error(`its topology is a ${class_name}, not a model of layers`);
  const { layers, output_layers: outputs = [] } = parseBySchema(layersSchema, written, 'modelTopology');
  const active = layers.filter((layer) => !PASSIVE.has(layer.class_name));
  const nameOf = ({ class_name: kind, config: { name } }: KerasLayer): string => name ?? kind;
  const foreign = active.filter((layer) => !own(nameOf(layer)));
  const other = foreign.find((layer) => !PERCEPTRON.has(layer.class_name));
  if (other)
    throw new Error(
      `its layer ${nameOf(other)} is a ${other.class_name}: only Dense networks can be imported; network.tfjs trains others as they are (docs/engines.md)`,
    );
  if (class_name === 'Sequential') return { layers: active, outputs: 1 };
  return {
    layers: active,
    sources: new Map(
      layers
        .filter((layer) => !JOINING.has(layer.class_name) || !own(nameOf(layer)))
        .map((layer) => [nameOf(layer), sourceOf(layer, nameOf(layer))]),
    ),
    outputs: outputs.length,
  };
}

/** `[[["dense", 0, 0, {}]]]`: the one layer that it takes its input from; none of an input. */
function sourceOf({ inbound_nodes: nodes }: KerasLayer, name: string): string | undefined {
  if (!Array.isArray(nodes) || nodes.length === 0) return undefined;
  const [[source] = []] = nodes[0] as [unknown[]?];
  if (nodes.length === 1 && Array.isArray(nodes[0]) && nodes[0].length === 1 && typeof source === 'string')
    return source;
  throw new Error(
    `its layer ${name} is used twice or takes several inputs: only a chain of layers can be imported`,
  );
}

/** @throws Error unless each layer takes what the one before it gives. @param isOurs leash wrote it, with layers to look through */
export function requireChain(
  { sources, outputs }: Chain,
  layers: readonly KerasLayer[],
  isOurs: boolean,
): void {
  if (sources === undefined) return;
  const names = new Set(layers.map(({ config }) => config.name));
  layers.forEach(({ config }, i) => {
    let source = sources.get(config.name ?? '');
    while (source !== undefined && !names.has(source)) source = sources.get(source);
    if (source !== layers[i - 1]?.config.name)
      throw new Error(
        `its layer ${config.name} does not take what the one before it gives: only a chain of layers can be imported`,
      );
  });
  if (outputs > 1 && !isOurs)
    throw new Error(`it has ${outputs} outputs: only a chain of layers with one can be imported`);
}

/**
 * The one activation that follows each Dense layer but the last, once. A softmax behind the last is let pass.
 * @throws Error when it is another, or stands elsewhere
 */
export function hiddenActivation(
  layers: readonly KerasLayer[],
  dense: number,
): NetworkShape['activation'] | undefined {
  const DENSE = 'Dense';
  const steps = layers.flatMap((layer) => {
    const named = activationOf(layer);
    const isActive = named !== undefined && named !== null && named !== 'linear';
    return [...(layer.class_name === DENSE ? [DENSE] : []), ...(isActive ? [named] : [])];
  });
  if (steps.at(-1) === 'softmax' && steps.at(-2) === DENSE) steps.pop();
  const activation = steps.find((step) => step !== DENSE);
  if (activation !== undefined && activation !== 'tanh' && activation !== 'relu')
    throw new Error(`its activation is ${activation}; leash has tanh and relu`);
  // Dense, tanh, Dense, tanh, Dense.
  const isPerceptron =
    steps.length === 2 * dense - 1 && steps.every((step, i) => step === (i % 2 === 0 ? DENSE : activation));
  if (isPerceptron) return activation;
  throw new Error(
    `of its ${dense} Dense layers all but the last must be followed by one activation, the same everywhere; it is ${steps.join(', ') || 'empty'}`,
  );
}

function activationOf({ class_name: kind, config }: KerasLayer): string | null | undefined {
  if (kind === 'ReLU' && !isPlain(config))
    throw new Error(
      `its layer ${config.name} is a ReLU with a bound, a slope or a threshold; leash has the plain one`,
    );
  return kind === 'ReLU' || kind === 'Softmax' ? kind.toLowerCase() : config.activation;
}

/** max(x, 0) and nothing else. */
function isPlain({ max_value, negative_slope, threshold }: KerasLayer['config']): boolean {
  return (max_value ?? null) === null && [negative_slope, threshold].every((each) => Number(each ?? 0) === 0);
}
