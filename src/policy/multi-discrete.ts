import { type CreateTile, createTile } from '../elementary/tile.ts';
import { categoricalHead } from './categorical.ts';
import type { Head } from './head.ts';
import { mixturesOfChoices } from './mixture.ts';
import { ratioRangeOfChoices } from './ratio-range.ts';

/** Numbers that are looked at in one go, as in a categorical. */
const TILE = 512;

/** One choice of the product, and its own columns of a few rows. */
interface Choice {
  readonly head: Head;
  /** Its first column. */
  readonly offset: number;
  readonly p: Float64Array;
  readonly q: Float64Array;
  readonly outputs: Float32Array;
  readonly tangents: Float32Array;
  readonly actions: Float32Array;
  readonly masks: Uint8Array;
}

/**
 * Independent choices, the c-th of n_c values: π(a) = Π_c π_c(a_c). log π, entropy and KL are sums over the choices, a
 * gradient or a Fisher product is that of each choice in its own outputs; Fisher information is block-diagonal. [The product
 * rule of entropy and KL: Cover & Thomas 2006, theorems 2.2.1 and 2.5.3]
 * The network's outputs are the logits of one choice after the other, an action the index of each.
 * @param sizes n_c, integers ≥ 1
 * @param create what computes exp and log1p
 */
export function multiDiscreteHead(sizes: readonly number[], create: CreateTile = createTile): Head {
  if (sizes.length === 0) throw new RangeError('a multi-discrete needs at least 1 choice, got none');
  const width = sizes.reduce((sum, n) => sum + n, 0);
  const parts = sizes.length;
  const rows = Math.max(1, Math.floor(TILE / width));
  let offset = 0;
  const choices = sizes.map((n): Choice => {
    const choice = {
      head: categoricalHead(n, create),
      offset,
      p: new Float64Array(rows * n),
      q: new Float64Array(rows * n),
      outputs: new Float32Array(rows * n),
      tangents: new Float32Array(rows * n),
      actions: new Float32Array(rows),
      masks: new Uint8Array(rows * n),
    };
    offset += n;
    return choice;
  });
  const ofRows = new Float64Array(rows);

  /** Visits each choice of a few rows after the other. */
  const each = (
    count: number,
    visit: (choice: Choice, start: number, size: number, part: number) => void,
  ): void => {
    for (let start = 0; start < count; start += rows) {
      const size = Math.min(rows, count - start);
      for (let part = 0; part < parts; part++) visit(choices[part], start, size, part);
    }
  };
  /** The columns of a choice, together. */
  const take = <T extends Float32Array | Float64Array | Uint8Array>(
    all: T,
    { head, offset }: Choice,
    start: number,
    size: number,
    own: T,
  ): T => {
    for (let i = 0, j = 0; i < size; i++)
      for (let at = (start + i) * width + offset, k = 0; k < head.width; k++) own[j++] = all[at + k];
    return own;
  };
  /** The way back. */
  const put = <T extends Float32Array | Float64Array>(
    own: T,
    { head, offset }: Choice,
    start: number,
    size: number,
    all: T,
  ): void => {
    for (let i = 0, j = 0; i < size; i++)
      for (let at = (start + i) * width + offset, k = 0; k < head.width; k++) all[at + k] = own[j++];
  };
  const takeActions = (all: Float32Array, { actions }: Choice, start: number, size: number, part: number) => {
    for (let i = 0; i < size; i++) actions[i] = all[(start + i) * parts + part];
    return actions;
  };
  /** out[i] = the sum over the choices of what `compute` writes. */
  const sum = (count: number, out: Float64Array, compute: Parameters<typeof each>[1]): void => {
    out.fill(0, 0, count);
    each(count, (choice, start, size, part) => {
      compute(choice, start, size, part);
      for (let i = 0; i < size; i++) out[start + i] += ofRows[i];
    });
  };
  /** dOutputs += what `add` adds for each choice. */
  const addTo = (
    dOutputs: Float32Array,
    count: number,
    add: (choice: Choice, start: number, size: number, part: number, own: Float32Array) => void,
  ): void =>
    each(count, (choice, start, size, part) => {
      const own = take(dOutputs, choice, start, size, choice.outputs);
      add(choice, start, size, part, own);
      put(own, choice, start, size, dOutputs);
    });

  /** The gradient of a KL with another distribution, each choice's own. */
  const klGradient =
    (name: 'addKlGradient' | 'addReverseKlGradient'): Head['addKlGradient'] =>
    (other, distributions, weight, count, dOutputs) =>
      addTo(dOutputs, count, (choice, start, size, _, own) => {
        const ownOther = take(other, choice, start, size, choice.p);
        const ownNew = take(distributions, choice, start, size, choice.q);
        choice.head[name](ownOther, ownNew, weight, size, own);
      });

  return {
    kind: 'multiDiscrete',
    sizes,
    width,
    actionWidth: parts,
    maskWidth: width,
    greatestEntropy: choices.reduce((total, { head }) => total + (head.greatestEntropy ?? 0), 0),
    read: (outputs, count, distributions, masks) =>
      each(count, (choice, start, size) => {
        const ownMasks = masks && take(masks, choice, start, size, choice.masks);
        choice.head.read(take(outputs, choice, start, size, choice.outputs), size, choice.p, ownMasks);
        put(choice.p, choice, start, size, distributions);
      }),
    sample: (distributions, row, random, actions) => {
      for (let part = 0; part < parts; part++) {
        const choice = choices[part];
        choice.head.sample(take(distributions, choice, row, 1, choice.p), 0, random, choice.actions);
        actions[row * parts + part] = choice.actions[0];
      }
    },
    mode: (distributions, row, actions) => {
      for (let part = 0; part < parts; part++) {
        const choice = choices[part];
        choice.head.mode(take(distributions, choice, row, 1, choice.p), 0, choice.actions);
        actions[row * parts + part] = choice.actions[0];
      }
    },
    logProb: (distributions, actions, count, out) =>
      sum(count, out, ({ offset }, start, size, part) => {
        for (let i = 0; i < size; i++)
          ofRows[i] = distributions[(start + i) * width + offset + actions[(start + i) * parts + part]];
      }),
    entropy: (distributions, count, out) =>
      sum(count, out, (choice, start, size) =>
        choice.head.entropy(take(distributions, choice, start, size, choice.p), size, ofRows),
      ),
    kl: (p, q, count, out) =>
      sum(count, out, (choice, start, size) => {
        const [ownP, ownQ] = [take(p, choice, start, size, choice.p), take(q, choice, start, size, choice.q)];
        choice.head.kl(ownP, ownQ, size, ofRows);
      }),
    addPolicyGradient: (distributions, actions, weights, entropyWeight, count, dOutputs) =>
      addTo(dOutputs, count, (choice, start, size, part, own) =>
        choice.head.addPolicyGradient(
          take(distributions, choice, start, size, choice.p),
          takeActions(actions, choice, start, size, part),
          weights.subarray(start, start + size),
          entropyWeight,
          size,
          own,
        ),
      ),
    addKlGradient: klGradient('addKlGradient'),
    addReverseKlGradient: klGradient('addReverseKlGradient'),
    ratioRange: ratioRangeOfChoices(parts, (distributions, actions, row, logProbs) => {
      for (let c = 0; c < parts; c++)
        logProbs[c] = distributions[row * width + choices[c].offset + actions[row * parts + c]];
    }),
    mixtures: mixturesOfChoices(sizes),
    fisherProduct: (distributions, tangent, count, out) =>
      each(count, (choice, start, size) => {
        const own = take(tangent, choice, start, size, choice.tangents);
        choice.head.fisherProduct(
          take(distributions, choice, start, size, choice.p),
          own,
          size,
          choice.outputs,
        );
        put(choice.outputs, choice, start, size, out);
      }),
  };
}
