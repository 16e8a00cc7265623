import { findBuiltIn } from '../../../envs/environment-options.ts';
import { nats } from '../../elementary/nats.ts';
import type { Config } from '../../config/schema.ts';
import type { Engine } from '../../network/network.ts';
import type { Objective } from '../../objective/objective.ts';
import type { Grid } from '../../plot/contours.ts';
import { NonFiniteError } from '../../rollout/environment.ts';
import { oneLine, UserError } from '../../user-error.ts';
import { make, makeButton } from '../elements.ts';
import { checkedConfig, Refused } from './checked-config.ts';
import { choice } from './choice.ts';
import { fieldInSlices } from './field.ts';
import { loadTabEngine } from './kernels.ts';
import { makeKnob } from './knob.ts';
import { isWithin, type KnobRange } from './knob-range.ts';
import { LaterAddress } from './later-address.ts';
import { ParameterMap } from './map.ts';
import { loadShipped, type Shipped } from './shipped.ts';
import { tableOf } from './table-of.ts';
import {
  configNames,
  ellipseOf,
  klOf,
  type Microscope,
  type MicroscopeOptions,
  microscopes,
  type Point,
  regionOf,
  type Settings,
  sharesOf,
  type Step,
  surrogateOf,
  WatchedTraining,
  type World,
  writtenConfig,
} from './two-parameters.ts';
import type { LabView, Place } from './view.ts';

const FIELDS = {
  trueReturn: 'the true return J',
  surrogate: 'the surrogate, mean(ratio·Â) of the rollout',
  objective: 'PPO’s clipped objective on the rollout',
} as const;
type Field = keyof typeof FIELDS;
const fieldNames = Object.keys(FIELDS) as Field[];

const algorithms = { trpo: 'TRPO', ppo: 'PPO' } as const;
const algorithmNames = ['trpo', 'ppo'] as const;
const worlds = Object.keys(microscopes) as World[];

/** What is turned, of either algorithm, and what it begins as. */
const RANGES = {
  delta: { least: 0.001, most: 0.5, isLogarithmic: true },
  clipRange: { least: 0.02, most: 1, isLogarithmic: true },
  epochs: { least: 1, most: 40, isWhole: true },
  learningRate: { least: 0.001, most: 0.2, isLogarithmic: true },
} as const satisfies Readonly<Record<string, KnobRange>>;
type Turned = keyof typeof RANGES;
const LABELS: Readonly<Record<Turned, string>> = {
  ...{ delta: 'δ, nats', clipRange: 'ε', epochs: 'epochs', learningRate: 'learning rate' },
};
const turnedNames = Object.keys(RANGES) as Turned[];
const FIRST: Settings = {
  ...{ algorithm: 'trpo', delta: 0.02, clipRange: 0.2, epochs: 4, learningRate: 0.01, seed: 0 },
};
/** Steps that a link may ask for. */
const MOST_STEPS = 100;

/** A policy of two parameters, in which objective, trust region and steps are drawn as they are. */
export const twoParametersView: LabView = {
  name: 'two',
  title: 'Two parameters',
  keys: ['world', 'algorithm', 'field', 'at', 'seed', 'steps', ...turnedNames],
  show: (place) => {
    const page = new TwoParametersPage(place);
    return () => page.end();
  },
};

class TwoParametersPage {
  private readonly place: Place;
  private readonly address: LaterAddress;
  private readonly map = new ParameterMap((to) => this.moveTo(to));
  private readonly stage = make('div');
  private readonly tools = make('div', 'tools');
  private readonly knobs = make('div', 'knobs');
  private readonly legend = make('p', 'muted');
  private readonly told = make('div');
  private readonly watch = new ResizeObserver(() => this.draw());
  private world: World;
  private field: Field;
  private settings: Settings;
  private at: Point;
  private steps: Step[] = [];
  private config: Config | undefined;
  private training: WatchedTraining | undefined;
  private shipped: ReadonlyMap<string, Shipped> = new Map();
  private engine: Engine | undefined;
  private grid: Grid | undefined;
  private stopField = (): void => {};
  private hasEnded = false;

  constructor(place: Place) {
    this.place = place;
    this.address = new LaterAddress(place);
    const { link } = place;
    this.world = link.oneOf('world', worlds) ?? 'gaussian';
    this.field = link.oneOf('field', fieldNames) ?? 'trueReturn';
    const algorithm = link.oneOf('algorithm', algorithmNames) ?? 'trpo';
    const seed = link.seed();
    const turned = turnedNames.flatMap((name) => {
      const value = link.numbers(name, 1, ([n]) => isWithin(RANGES[name], n));
      return value === undefined ? [] : [[name, value[0]]];
    });
    this.settings = { ...FIRST, algorithm, seed, ...Object.fromEntries(turned) };
    const [x, y] = this.microscope.domain;
    const isInside = ([a, b]: readonly number[]): boolean => a >= x[0] && a <= x[1] && b >= y[0] && b <= y[1];
    const at = link.numbers('at', 2, isInside);
    this.at = at === undefined ? this.microscope.start : [at[0], at[1]];
    const isCount = ([n]: readonly number[]): boolean => Number.isInteger(n) && n >= 0 && n <= MOST_STEPS;
    const [steps = 0] = link.numbers('steps', 1, isCount) ?? [];
    place.node.append(this.tools, this.knobs, this.stage, this.legend, this.told);
    this.stage.append(this.map.node);
    this.showTools();
    void this.load(steps);
  }

  end(): void {
    this.hasEnded = true;
    this.watch.disconnect();
    this.address.end();
    this.stopField();
    this.training?.dispose();
  }

  private get microscope(): Microscope {
    return microscopes[this.world];
  }

  private async load(steps: number): Promise<void> {
    try {
      [this.shipped, this.engine] = await Promise.all([loadShipped(), loadTabEngine('auto')]);
    } catch (error) {
      this.place.refuse([oneLine((error as Error).message)]);
      return;
    }
    if (this.hasEnded) return;
    this.begin();
    for (let i = 0; i < steps && this.makeStep(); i++);
    if (steps > 0) this.showStep();
    this.watch.observe(this.stage);
  }

  /** Another config: what is wrong with it is said. */
  private begin(): void {
    this.config = undefined;
    try {
      const { written, settings } = writtenConfig(this.world, this.settings, (name) => ({
        ...this.shipped.get(name),
      }));
      const place = `${configNames[this.world][this.settings.algorithm]}.json`;
      this.config = checkedConfig({ text: JSON.stringify(written), place, settings });
      this.place.refuse([]);
    } catch (error) {
      this.refuse(error);
    }
    this.startFrom(this.at);
  }

  /** Steps anew, from a policy. */
  private startFrom(at: Point): void {
    const { domain } = this.microscope;
    const within = (axis: 0 | 1): number =>
      Number(Math.min(domain[axis][1], Math.max(domain[axis][0], at[axis])).toFixed(3));
    this.at = [within(0), within(1)];
    this.training?.dispose();
    this.training = undefined;
    this.steps = [];
    this.look();
  }

  private step(): void {
    this.makeStep();
    this.showStep();
  }

  /** @returns whether it was made: what is wrong is said */
  private makeStep(): boolean {
    const { config, engine } = this;
    if (config === undefined || engine === undefined) return false;
    try {
      const definition = findBuiltIn({ id: config.environment.id as string }, '');
      this.training ??= new WatchedTraining(config, definition, engine, this.at);
      this.steps.push(this.training.step());
      return true;
    } catch (error) {
      this.refuse(error);
      return false;
    }
  }

  private showStep(): void {
    this.look();
    this.showKnobs();
  }

  private refuse(error: unknown): void {
    if (error instanceof Refused) this.place.refuse(error.problems);
    else if (error instanceof UserError || error instanceof NonFiniteError)
      this.place.refuse([oneLine(error.message)]);
    else throw error;
  }

  private get now(): Point {
    return this.steps.at(-1)?.to ?? this.at;
  }

  /** Goes on with other settings, from a policy. */
  private change(settings: Partial<Settings>, at = this.now): void {
    this.settings = { ...this.settings, ...settings };
    this.at = at;
    this.begin();
  }

  private moveTo(to: Point): void {
    this.startFrom(to);
    this.showKnobs();
  }

  private showTools(): void {
    const world = choice(
      'world',
      worlds,
      this.world,
      (each) => microscopes[each].title,
      (each) => {
        this.world = each;
        this.change({}, this.microscope.start);
        this.showKnobs();
      },
    );
    const algorithm = choice(
      'by',
      algorithmNames,
      this.settings.algorithm,
      (each) => algorithms[each],
      (each) => {
        this.change({ algorithm: each });
        this.showKnobs();
      },
    );
    const field = choice(
      'contours of',
      fieldNames,
      this.field,
      (each) => FIELDS[each],
      (each) => {
        this.field = each;
        this.look();
      },
    );
    const button = (text: string, act: () => void): HTMLButtonElement => {
      const made = makeButton('tool', text);
      made.onclick = act;
      return made;
    };
    this.tools.replaceChildren(
      ...[world, algorithm, field],
      button('one step', () => this.step()),
      button('back to the start', () => this.moveTo(this.microscope.start)),
      button('other samples', () => this.change({ seed: this.settings.seed + 1 }, this.at)),
    );
    this.showKnobs();
  }

  private showKnobs(): void {
    const own = turnedNames.filter((name) => name === 'delta' || this.settings.algorithm === 'ppo');
    const { axes, domain } = this.microscope;
    const coordinate = (axis: 0 | 1): HTMLElement =>
      makeKnob(
        axes[axis],
        { least: domain[axis][0], most: domain[axis][1] },
        Number(this.now[axis].toFixed(3)),
        (value) => this.startFrom(axis === 0 ? [value, this.now[1]] : [this.now[0], value]),
      );
    this.knobs.replaceChildren(
      ...own.map((name) =>
        makeKnob(LABELS[name], RANGES[name], this.settings[name], (value) => this.change({ [name]: value })),
      ),
      ...[coordinate(0), coordinate(1)],
    );
  }

  /** The field of what is shown now, when it is there. */
  private look(): void {
    this.stopField();
    const f = this.function();
    this.grid = undefined;
    if (f !== undefined)
      this.stopField = fieldInSlices(this.microscope, f, (grid) => {
        this.grid = grid;
        this.draw();
      });
    this.draw();
    this.tell();
    this.remember();
  }

  private function(): ((at: Point) => number) | undefined {
    const { microscope } = this;
    const options = (this.config?.environment.options ?? {}) as MicroscopeOptions;
    if (this.field === 'trueReturn') return (at) => microscope.trueReturn(at, options);
    const sampled = this.steps.at(-1)?.sampled;
    if (sampled === undefined) return undefined;
    const objective: Objective =
      this.field === 'surrogate'
        ? { kind: 'surrogate' }
        : { kind: 'clip', clipRange: this.settings.clipRange };
    return surrogateOf(microscope, objective, sampled);
  }

  private draw(): void {
    const { microscope, settings, steps } = this;
    const old = steps.at(-1)?.from ?? this.at;
    const shares = sharesOf(steps.at(-1)?.sampled);
    this.map.draw(Math.max(280, this.stage.clientWidth), {
      ...{ world: microscope, field: this.grid, old, now: this.now, steps },
      region: regionOf(klOf(microscope, old, shares), old, settings.delta),
      ellipse: ellipseOf(microscope, old, shares, settings.delta),
    });
  }

  private tell(): void {
    const last = this.steps.at(-1);
    const needsRollout = this.field !== 'trueReturn' && last === undefined;
    const steps =
      this.settings.algorithm === 'trpo'
        ? 'TRPO’s step; dashed, the whole of it before the line search'
        : 'PPO’s gradient steps';
    this.legend.textContent = `Contours from dark, little, to light, much, of ${FIELDS[this.field]}${needsRollout ? ', which there is after a step' : ''}. Blue: KL(π_old‖π) = δ around the old policy, exactly; dashed: ½·xᵀFx = δ, its second order. Orange: ${steps}. Drag the policy, or set it by the sliders.`;
    if (last === undefined) {
      this.told.replaceChildren();
      return;
    }
    const options = (this.config?.environment.options ?? {}) as MicroscopeOptions;
    const { microscope } = this;
    const j = (at: Point): number => microscope.trueReturn(at, options);
    const { row, from, to } = last;
    const kl = klOf(microscope, from, sharesOf(last.sampled));
    const improvement = surrogateOf(microscope, { kind: 'surrogate' }, last.sampled);
    const rows = [
      ['step', String(this.steps.length)],
      ['KL(π_old‖π_new)', `${nats(kl(to))}, δ ${this.settings.delta}`],
      ['½·xᵀFx of the step', row.klPredicted == null ? '–' : nats(row.klPredicted)],
      ['true return J, before and after', `${nats(j(from))}, ${nats(j(to))}`],
      ['surrogate’s gain on the rollout', nats(improvement(to) - improvement(from))],
      ['gradient steps', `${row.gradientStepsApplied} of ${row.gradientStepsPlanned}, ${row.stopReason}`],
    ];
    this.told.replaceChildren(tableOf('the last step', ['', ''], rows));
  }

  private remember(): void {
    const { world, field, settings, at, steps } = this;
    const own = turnedNames.map((name) => [name, String(settings[name])]);
    this.address.remember({
      ...{ world, algorithm: settings.algorithm, field, at: at.join(), seed: String(settings.seed) },
      ...{ ...Object.fromEntries(own), steps: String(steps.length) },
    });
  }
}
