import { environments } from '../../../envs/registry.ts';
import { policyOfLayersModel } from '../../exchange/policy-of-layers.ts';
import { policyOfBytes } from '../../exchange/policy-bytes.ts';
import { referenceEngine } from '../../network/reference.ts';
import type { LoadedPolicy } from '../../run/policy-file.ts';
import { episodeOf, tellSteps, type ToldPart } from '../../train/tell-episode.ts';
import { oneLine, UserError } from '../../user-error.ts';
import { make } from '../elements.ts';
import { EpisodePlayer, type Wanted } from '../episode-player.ts';
import { onThemeChange } from '../theme.ts';
import { choice } from './choice.ts';
import { takeDropped } from './dropped-files.ts';
import { describePolicy, openWorld, readOptions, worldsFor } from './fitting-worlds.ts';
import { type GivenFiles, readGiven, weightsGiven } from './given-files.ts';
import type { LabView, Place } from './view.ts';

/** Milliseconds of a frame that playing may take. */
const SLICE = 8;
const activations = ['as the file says', 'tanh', 'relu'] as const;
type Activation = (typeof activations)[number];
const worldNames = environments.map(({ id }) => id);

/** Reads a policy from a file, which stays in the tab, and plays it in a world. */
export const policyView: LabView = {
  name: 'policy',
  title: 'Play a policy',
  keys: ['world', 'options', 'seed', 'mode', 'activation'],
  show: (place) => {
    const page = new PolicyPage(place);
    return () => page.end();
  },
};

class PolicyPage {
  private readonly place: Place;
  private readonly file = make('input');
  private readonly options = make('input');
  private readonly told = make('p', 'muted');
  private readonly worlds = make('span');
  private readonly content = make('div');
  private readonly wanted: Wanted;
  private readonly player: EpisodePlayer;
  private readonly endTheme: () => void;
  private activation: Activation;
  private world: string | undefined;
  /** What was given last, to be read again by another activation. */
  private given: GivenFiles | undefined;
  private stored: LoadedPolicy | undefined;
  /** Counts what was asked for: what comes later than another is not shown. */
  private asked = 0;

  constructor(place: Place) {
    this.place = place;
    const { link, node } = place;
    this.world = link.oneOf('world', worldNames);
    this.activation = link.oneOf('activation', ['tanh', 'relu'] as const) ?? 'as the file says';
    const seed = link.seed();
    this.wanted = { seed, isSampled: link.oneOf('mode', ['sampled', 'greedy'] as const) === 'sampled' };
    this.player = new EpisodePlayer(this.wanted, () => void this.play());
    this.options.value = link.query.get('options') ?? '';
    try {
      readOptions(this.options.value);
    } catch (error) {
      link.problems.push(`the link’s ${(error as Error).message}`);
    }
    this.makeFields();
    this.content.hidden = true;
    this.content.append(this.player.node);
    node.append(this.told, this.content);
    takeDropped(node, (files) => void this.take(files));
    this.told.textContent =
      'Choose a file, or drop it here: policy.safetensors of a run, what leash export wrote as json or npz, the npz of a Stable-Baselines3 policy, or model.json of a TensorFlow.js LayersModel together with its files of weights. It stays in the tab.';
    this.endTheme = onThemeChange(() => this.player.draw());
  }

  end(): void {
    this.asked += 1;
    this.player.stop();
    this.endTheme();
  }

  private makeFields(): void {
    const fields = make('div', 'fields');
    const labelled = (text: string, field: HTMLElement): HTMLElement => {
      const label = make('label', '', text);
      label.append(field);
      return label;
    };
    Object.assign(this.file, { type: 'file', accept: '.safetensors,.json,.npz,.bin', multiple: true });
    this.file.onchange = () => {
      const files = [...(this.file.files ?? [])];
      if (files.length > 0) void this.take(files);
    };
    Object.assign(this.options, { type: 'text', placeholder: '{ "slippery": false }' });
    this.options.onchange = () => void this.play();
    const activation = choice(
      'activation',
      activations,
      this.activation,
      (each) => each,
      (each) => {
        this.activation = each;
        this.read();
      },
    );
    fields.append(
      labelled('policy', this.file),
      activation,
      this.worlds,
      labelled('options of the world', this.options),
    );
    this.place.node.append(fields);
  }

  private async take(files: readonly File[]): Promise<void> {
    try {
      this.given = await readGiven(files);
    } catch (error) {
      return this.refuse(error);
    }
    this.read();
  }

  /** What the file holds. */
  private read(): void {
    const { given } = this;
    if (given === undefined) return;
    const { name, bytes } = given;
    const activation = this.activation === 'as the file says' ? undefined : this.activation;
    this.stored = undefined;
    this.content.hidden = true;
    this.worlds.replaceChildren();
    try {
      this.stored = policyOfBytes(bytes, name, { activation }, (written) =>
        policyOfLayersModel(written, name, { activation }, weightsGiven(given)),
      );
      this.told.textContent = `${name}: ${describePolicy(this.stored)}`;
      this.offerWorlds(this.stored);
    } catch (error) {
      this.refuse(error);
    }
  }

  private offerWorlds(stored: LoadedPolicy): void {
    const fitting = worldsFor(stored);
    // One that fits with other options, a map of one's own, is named by the link.
    const offered = [...new Set([...(this.world === undefined ? [] : [this.world]), ...fitting])];
    const [first] = offered;
    if (first === undefined)
      throw new UserError(
        `no world of leash fits it with its default options: it is a ${describePolicy(stored)}`,
      );
    this.world = first;
    this.worlds.replaceChildren(
      choice(
        'world',
        offered,
        first,
        (each) => each,
        (each) => {
          this.world = each;
          void this.play();
        },
      ),
    );
    void this.play();
  }

  /** An episode, some of it a frame. */
  private async play(): Promise<void> {
    const { stored, world, wanted } = this;
    const asked = ++this.asked;
    this.player.stop();
    if (stored === undefined || world === undefined) return;
    this.remember();
    try {
      const { environment, timeLimit } = openWorld(world, this.options.value, stored);
      const mode = wanted.isSampled ? 'sampled' : 'greedy';
      const options = {
        environment,
        stored,
        engine: referenceEngine,
        mode,
        seed: wanted.seed,
        timeLimit,
      } as const;
      const parts: ToldPart[] = [];
      let until = performance.now() + SLICE;
      for (const part of tellSteps(options)) {
        parts.push(part);
        if (performance.now() < until) continue;
        await new Promise(requestAnimationFrame);
        if (asked !== this.asked) return;
        until = performance.now() + SLICE;
      }
      this.content.hidden = false;
      this.place.refuse([]);
      this.player.show(episodeOf(options, parts));
      const last = parts.at(-1)?.step.earned ?? 0;
      this.place.say(`${world}: ${parts.length - 1} steps, return ${Number(last.toPrecision(4))}`);
    } catch (error) {
      this.content.hidden = true;
      this.refuse(error);
    }
  }

  private refuse(error: unknown): void {
    if (!(error instanceof UserError)) throw error;
    this.place.refuse([oneLine(error.message)]);
  }

  private remember(): void {
    const { world, options, wanted, activation } = this;
    this.place.remember({
      ...(world !== undefined && { world }),
      ...(options.value !== '' && { options: options.value }),
      ...(activation !== 'as the file says' && { activation }),
      ...{ seed: String(wanted.seed), mode: wanted.isSampled ? 'sampled' : 'greedy' },
    });
  }
}
