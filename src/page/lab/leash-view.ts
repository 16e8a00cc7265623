import { copyBeside } from '../copy.ts';
import { make, makeButton } from '../elements.ts';
import { makeSlider } from '../slider.ts';
import { BackSlider } from './back-slider.ts';
import { LiveCurves } from './live-curves.ts';
import counts from './preset-counts.json' with { type: 'json' };
import {
  commandOf,
  type KnobName,
  knobNames,
  knobValues,
  type Knobs,
  type Preset,
  presets,
  settingsOf,
} from './presets.ts';
import { loadShipped, type Shipped, textOf } from './shipped.ts';
import { Side } from './side.ts';
import { showStanding } from './standing-table.ts';
import type { LabView, Place } from './view.ts';
import type { GivenConfig } from './wire.ts';

const KNOB_LABELS: Readonly<Record<KnobName, string>> = {
  delta: 'δ, nats',
  clip: 'clip range ε',
  beta: 'KL penalty β',
  epochs: 'epochs',
  rate: 'learning rate',
};

const LABELS = ['without a leash', 'on a leash'] as const;

/** Two trainings that differ in the leash alone. */
export const leashView: LabView = {
  name: 'leash',
  title: 'Clip against a leash',
  keys: ['preset', 'seed', ...knobNames],
  show(place) {
    const page = new LeashPage(place);
    return () => page.end();
  },
};

class LeashPage {
  private readonly place: Place;
  private readonly choice = make('select');
  private readonly seed = make('input', 'seed');
  private readonly claim = make('p', 'muted');
  private readonly start = makeButton('tool');
  private readonly one = makeButton('tool', 'one update');
  private readonly step = makeButton('tool', 'one gradient step');
  private readonly again = makeButton('tool', 'start again');
  private readonly back = new BackSlider((update) => this.rewind(update));
  private readonly sliders = new Map<KnobName, ReturnType<typeof makeSlider>>();
  private readonly table = make('table');
  private readonly standing = make('table');
  private readonly notes = make('ul', 'muted');
  private readonly commands = make('section');
  private readonly kl: LiveCurves;
  private readonly others: LiveCurves;
  private readonly steps: LiveCurves;
  private preset: Preset;
  private knobs: Knobs;
  /** What was set otherwise on the way, in words. */
  private changes: string[] = [];
  private shipped: ReadonlyMap<string, Shipped> = new Map();
  private sides: readonly Side[] = [];
  private frame: number | undefined;

  constructor(place: Place) {
    this.place = place;
    const { link } = place;
    const name = link.oneOf(
      'preset',
      presets.map(({ name }) => name),
    );
    this.preset = presets.find((each) => each.name === name) ?? (presets[0] as Preset);
    const own = knobNames.flatMap((knob) => {
      const value = link.oneOf<string>(knob, knobValues[knob]);
      return value === undefined ? [] : [[knob, value]];
    });
    this.knobs = { ...this.preset.knobs, ...Object.fromEntries(own) };
    const seed = link.seed();
    this.seed.value = String(seed);
    const groups = (of: 'curves' | 'gradientSteps') => () => this.sides.flatMap((side) => side[of]());
    this.kl = new LiveCurves(['klOldNewMean+klNewOldMean'], groups('curves'), 'updates', true);
    this.others = new LiveCurves(['curve', 'clipFraction', 'entropy', 'stopReason'], groups('curves'));
    this.steps = new LiveCurves(
      ['klOldNew+klNewOld', 'shareInside+shareKilled+sharePassing'],
      groups('gradientSteps'),
      'gradient',
    );
    this.build();
    void this.load();
  }

  end(): void {
    for (const side of this.sides) side.end();
    for (const each of [this.kl, this.others, this.steps]) each.end();
    if (this.frame !== undefined) cancelAnimationFrame(this.frame);
  }

  private build(): void {
    this.choice.replaceChildren(...presets.map(({ name, title }) => new Option(title, name)));
    this.choice.value = this.preset.name;
    this.choice.onchange = () => {
      this.preset = presets.find(({ name }) => name === this.choice.value) ?? this.preset;
      this.knobs = this.preset.knobs;
      this.open();
    };
    Object.assign(this.seed, { type: 'number', min: '0' });
    this.seed.onchange = () => this.open();
    this.start.onclick = () => this.toggle();
    this.one.onclick = () => this.run(this.update + 1);
    this.step.onclick = () => {
      // Whose update ended earlier waits for the other one.
      const { update } = this;
      for (const side of this.sides) if (side.update === update) side.step();
    };
    this.again.onclick = () => this.open();
    const fields = make('div', 'fields');
    for (const [text, field] of [
      ['what', this.choice],
      ['seed', this.seed],
    ] as const) {
      const label = make('label', '', text);
      label.append(field);
      fields.append(label);
    }
    const tools = make('div', 'tools');
    tools.append(this.start, this.one, this.step, this.again);
    this.table.append(make('caption', 'unseen', 'the last update of both'));
    const scrolls = [this.table, this.standing].map((table) => {
      const scroll = make('div', 'scroll');
      scroll.append(table);
      return scroll;
    });
    this.place.node.append(
      fields,
      this.claim,
      this.makeKnobs(),
      tools,
      this.back.node,
      ...scrolls,
      this.notes,
    );
    this.place.node.append(this.kl.node, this.steps.node, this.others.node, this.commands);
  }

  private makeKnobs(): HTMLElement {
    const node = make('div', 'knobs');
    for (const knob of knobNames) {
      const values: readonly string[] = knobValues[knob];
      const slider = makeSlider(KNOB_LABELS[knob], (at) =>
        slider.show(at, [0, values.length - 1], values[at] as string),
      );
      const [input, ...rest] = slider.nodes;
      (input as HTMLInputElement).onchange = () =>
        this.set(knob, values[Number((input as HTMLInputElement).value)] as string);
      const line = make('div', 'knob');
      line.append(make('span', '', KNOB_LABELS[knob]), input as HTMLInputElement, ...rest);
      node.append(line);
      this.sliders.set(knob, slider);
    }
    return node;
  }

  private async load(): Promise<void> {
    try {
      this.shipped = await loadShipped();
    } catch (error) {
      return this.place.refuse([(error as Error).message]);
    }
    this.open();
  }

  /** Begins anew with what is set. */
  private open(): void {
    for (const side of this.sides) side.end();
    this.changes = [];
    this.sides = LABELS.map((label, at) => new Side(label, this.given(at === 1), () => this.changed()));
    for (const knob of knobNames) {
      const values: readonly string[] = knobValues[knob];
      const at = values.indexOf(this.knobs[knob]);
      this.sliders.get(knob)?.show(at, [0, values.length - 1], this.knobs[knob]);
    }
    this.claim.textContent = claimOf(this.preset);
    this.remember();
    this.changed();
  }

  private given(isLeashed: boolean): GivenConfig {
    const settings = settingsOf(this.preset, this.knobs, isLeashed);
    return {
      text: textOf(this.shipped.get(this.preset.config)),
      place: `${this.preset.config}.json`,
      settings: { ...settings, seed: this.seed.value, 'trustRegion.ledger': 'true' },
    };
  }

  private remember(): void {
    const { preset, knobs } = this;
    const others = knobNames.filter((knob) => knobs[knob] !== preset.knobs[knob]);
    this.place.remember({
      preset: preset.name,
      seed: this.seed.value,
      ...Object.fromEntries(others.map((knob) => [knob, knobs[knob]])),
    });
  }

  /** Updates that both have made. */
  private get update(): number {
    return Math.min(...this.sides.map(({ update }) => update));
  }

  /** Whether one stands still in the middle of the update after those. */
  private get isAmid(): boolean {
    return this.sides.some(({ standing }) => standing !== undefined);
  }

  private get isRunning(): boolean {
    return this.sides.some(({ isRunning }) => isRunning);
  }

  private toggle(): void {
    if (this.isRunning) for (const side of this.sides) side.pause();
    else this.run(Number.POSITIVE_INFINITY);
  }

  private run(until: number): void {
    for (const side of this.sides) side.run(until);
    this.changed();
  }

  private set(knob: KnobName, value: string): void {
    const before = this.knobs[knob];
    if (value === before) return;
    this.knobs = { ...this.knobs, [knob]: value };
    const furthest = Math.max(...this.sides.map(({ update }) => update)) + Number(this.isAmid);
    if (furthest > 0 || this.isRunning)
      this.changes.push(
        `from about update ${furthest + 1} on: ${KNOB_LABELS[knob]} ${value}, ${before} before`,
      );
    for (const [at, side] of this.sides.entries()) side.change(this.given(at === 1));
    this.remember();
    this.changed();
  }

  private rewind(update: number): void {
    if (this.isRunning) return;
    if (update === 0) this.changes = [];
    for (const side of this.sides) side.rewind(update);
  }

  private changed(): void {
    this.kl.update();
    this.others.update();
    this.steps.update();
    this.frame ??= requestAnimationFrame(() => {
      this.frame = undefined;
      this.show();
    });
  }

  private show(): void {
    const { sides } = this;
    // Who was told to pause later is further: the other one comes after.
    const furthest = Math.max(...sides.map((side) => side.update));
    if (!this.isRunning) for (const side of sides) if (side.standing === undefined) side.run(furthest);
    // As it is now: what is offered while one comes after would not be heard.
    const { isRunning, update } = this;
    this.place.refuse([...new Set(sides.flatMap(({ problems }) => problems))]);
    const isReady = sides.length > 0 && sides.every(({ opened }) => opened !== undefined);
    const isDone = sides.every((side) => side.isDone);
    const { isAmid } = this;
    const hasBegun = update > 0 || isAmid;
    this.start.textContent = isRunning ? 'pause' : hasBegun && !isDone ? 'go on' : 'train both';
    this.start.disabled = !isReady || isDone;
    for (const each of [this.one, this.step]) each.disabled = !isReady || isDone || isRunning;
    this.back.update({ update, isAmid, canGoBack: isReady && !isRunning });
    const where = isAmid ? `in update ${update + 1}` : `after update ${update}`;
    this.place.say(isRunning ? 'training' : isDone && isReady ? 'trained' : isReady ? where : '');
    showStanding(this.standing, sides);
    this.showTable();
    this.notes.replaceChildren(...this.changes.map((change) => make('li', '', change)));
    this.showCommands(isReady);
  }

  private showTable(): void {
    const show = (value: number | null | undefined): string =>
      value === null || value === undefined ? '–' : String(Number(value.toPrecision(3)));
    const lines: readonly (readonly [string, (side: Side) => string])[] = [
      ['update', ({ update, opened }) => `${update}/${opened?.updates ?? '…'}`],
      ['return', ({ row }) => show(row?.returnMean)],
      ['KL(π_old‖π_new)', ({ row }) => show(row?.klOldNewMean)],
      ['KL(π_new‖π_old)', ({ row }) => show(row?.klNewOldMean)],
      ['δ', ({ row }) => `${show(row?.delta)}${row?.deltaViolated ? ', left' : ''}`],
      ['clip fraction', ({ row }) => show(row?.clipFraction)],
      ['entropy', ({ row }) => show(row?.entropy)],
      [
        'gradient steps',
        ({ row }) => (row === undefined ? '–' : `${row.gradientStepsApplied}, ${row.stopReason}`),
      ],
    ];
    const head = this.table.createTHead();
    const top = make('tr');
    top.append(make('th', '', 'last update'), ...this.sides.map(({ label }) => make('th', '', label)));
    head.replaceChildren(top);
    const body = this.table.tBodies[0] ?? this.table.createTBody();
    body.replaceChildren(
      ...lines.map(([name, value]) => {
        const line = make('tr');
        line.append(make('th', '', name), ...this.sides.map((side) => make('td', '', value(side))));
        return line;
      }),
    );
  }

  /** The commands of whole runs, with the parameters where they end. */
  private showCommands(isReady: boolean): void {
    const { sides, preset, knobs, changes } = this;
    if (!isReady || this.isRunning || sides.some(({ sha256 }) => sha256 === undefined)) {
      this.commands.replaceChildren();
      return;
    }
    if (changes.length > 0) {
      const line = 'Settings changed on the way: what “start again” makes, a command makes again.';
      this.commands.replaceChildren(make('p', 'muted', line));
      return;
    }
    const nodes = sides.flatMap((side, at) => {
      const when = side.isDone ? 'at the end, as in run.json' : `after update ${side.update}`;
      const line = make('div', 'command');
      const copy = makeButton('tool', 'copy');
      copy.onclick = () => copyBeside(copy);
      line.append(make('pre', '', commandOf(preset, knobs, at === 1, this.seed.value)), copy);
      return [
        make('p', '', `${side.label}: SHA-256 of the parameters ${when}`),
        make('p', 'hash', side.sha256),
        line,
      ];
    });
    this.commands.replaceChildren(...nodes);
  }
}

/** What twenty seeds of a preset came to. */
function claimOf({ name, collapsedBelow, best, knobs }: Preset): string {
  const found = counts.find(({ preset }) => preset === name);
  if (found === undefined) return '';
  const [without, on] = found.sides as [Counted, Counted];
  return `${without.collapsed} of ${found.seeds} seeds collapsed without a leash and ${on.collapsed} on one of δ = ${knobs.delta}: a return below ${collapsedBelow} over the last tenth of training, where ${best} is the best. ${without.percentOutside}% and ${on.percentOutside}% of the updates ended outside δ. Counted with leash train at the settings that the sliders begin with.`;
}

type Counted = (typeof counts)[number]['sides'][number];
