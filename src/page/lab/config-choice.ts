import { copyBeside } from '../copy.ts';
import { make, makeButton } from '../elements.ts';
import { save } from '../export.ts';
import { quoted } from '../link.ts';
import { loadShipped, type Shipped, textOf } from './shipped.ts';
import { takeDropped } from './dropped-files.ts';
import type { Place } from './view.ts';
import type { GivenConfig } from './wire.ts';

/** The config that a laboratory begins with. */
const FIRST = 'quickstart';
/** How a config that was given is called. */
const OWN = 'my-config';
const LEDGER = { 'trustRegion.ledger': 'true' };
/** Bytes of a file that is read as a config, characters of one in an address. */
const MOST_BYTES = 1e6;

/** The config that is chosen or was given, and the seed: all of what a run is made of. */
export class ConfigChoice {
  readonly node = make('section');
  private readonly select = make('select');
  private readonly seed = make('input', 'seed');
  /** Whether every gradient step is measured, which takes time and changes nothing. */
  private readonly ledger = make('input');
  private readonly description = make('p', 'muted');
  private readonly area = make('textarea');
  private readonly place: Place;
  private readonly onChange: () => void;
  private shipped: ReadonlyMap<string, Shipped> = new Map();
  private own: string | undefined;

  /** @param onChange another config or seed is chosen */
  constructor(place: Place, onChange: () => void) {
    this.place = place;
    this.onChange = onChange;
    this.seed.type = 'number';
    this.seed.min = '0';
    this.seed.value = String(place.link.seed());
    const fields = make('div', 'fields');
    this.ledger.type = 'checkbox';
    this.ledger.checked = place.link.oneOf('ledger', ['1']) !== undefined;
    fields.append(
      labelled('config', this.select),
      labelled('seed', this.seed),
      labelled('measure every gradient step', this.ledger),
    );
    this.node.append(fields, this.description, this.makeTaking());
    this.select.onchange = () => {
      if (this.select.value === OWN && this.own === undefined) return;
      if (this.select.value !== OWN) this.own = undefined;
      this.changed();
    };
    for (const each of [this.seed, this.ledger]) each.onchange = () => this.changed();
    takeDropped(place.node, ([file]) => void this.read(file as File));
  }

  /** Asks for the configs that came with leash, and chooses what the link names. */
  async load(): Promise<void> {
    const { link } = this.place;
    const { query } = link;
    try {
      this.shipped = await loadShipped();
    } catch (error) {
      return this.place.refuse([(error as Error).message]);
    }
    this.fillSelect();
    const name = query.get('config') ?? FIRST;
    this.own = query.get('own') ?? undefined;
    if (!query.has('seed')) this.takeSeed();
    if (this.own === undefined && !this.shipped.has(name)) {
      link.problems.push(`the link’s config must be one of the list, got ${quoted(name)}`);
      this.show(FIRST);
    } else this.show(this.own === undefined ? name : OWN);
    this.onChange();
  }

  get isOwn(): boolean {
    return this.own !== undefined;
  }

  get name(): string {
    return this.isOwn ? OWN : this.select.value;
  }

  get file(): string {
    return `${this.name}.json`;
  }

  /** The config's file. */
  get text(): string {
    return this.own ?? textOf(this.shipped.get(this.select.value));
  }

  given(): GivenConfig {
    return {
      text: this.text,
      place: this.file,
      settings: { seed: this.seed.value, ...(this.ledger.checked && LEDGER) },
    };
  }

  /** What the address has of it. */
  link(): Record<string, string> {
    const what = this.own === undefined ? { config: this.name } : { own: this.own };
    return { ...what, seed: this.seed.value, ...(this.ledger.checked && { ledger: '1' }) };
  }

  /** The command that makes the same run. */
  command(): string {
    const sets = Object.entries(this.ledger.checked ? LEDGER : {}).map(
      ([path, value]) => ` --set ${path}=${value}`,
    );
    return `leash train ${this.isOwn ? this.file : this.name} --seed ${this.seed.value}${sets.join('')}`;
  }

  private changed(): void {
    this.show(this.isOwn ? OWN : this.select.value);
    this.onChange();
  }

  private show(name: string): void {
    this.select.value = name;
    this.description.textContent = this.shipped.get(name)?.description ?? '';
    this.area.value = this.text;
  }

  private fillSelect(): void {
    const worlds = new Map<string, string[]>();
    for (const [name, { environment }] of this.shipped) {
      const world = environment?.id ?? '';
      worlds.set(world, [...(worlds.get(world) ?? []), name]);
    }
    const groups = [...worlds].map(([world, names]) => {
      const group = make('optgroup');
      group.label = world;
      group.append(...names.map((name) => option(name)));
      return group;
    });
    this.select.replaceChildren(...groups, option(OWN));
  }

  /** The config as a text to read, change, copy and save. */
  private makeTaking(): HTMLElement {
    const details = make('details');
    const summary = make('summary', '', 'the config: read it, change it, or paste or drop one of your own');
    this.area.spellcheck = false;
    this.area.setAttribute('aria-label', 'the config as JSON');
    const use = makeButton('tool', 'use this text');
    use.onclick = () => this.use(this.area.value);
    const file = make('input');
    file.type = 'file';
    file.accept = '.json,application/json';
    file.setAttribute('aria-label', 'a config file');
    file.onchange = () => void this.read(file.files?.[0]);
    const copy = makeButton('tool', 'copy');
    const copied = make('pre', 'unseen');
    copy.onclick = () => {
      copied.textContent = this.area.value;
      copyBeside(copy);
    };
    const take = makeButton('tool', 'save');
    take.onclick = () => save(this.file, this.area.value, 'application/json');
    const tools = make('div', 'tools');
    tools.append(use, file, copied, copy, take);
    details.append(summary, this.area, tools);
    return details;
  }

  private async read(file: File | undefined): Promise<void> {
    if (file === undefined) return;
    if (file.size > MOST_BYTES)
      return this.place.refuse([
        `${file.name} has ${file.size.toLocaleString('en')} bytes, a config at most a million`,
      ]);
    this.use(await file.text());
  }

  private use(text: string): void {
    this.own = text;
    this.takeSeed();
    this.changed();
  }

  /** That of a config of one's own, as the command line has it: the field stands for `--seed`. */
  private takeSeed(): void {
    this.seed.value = seedIn(this.own) ?? this.seed.value;
  }
}

/** Undefined where a config names none; what else is wrong with it who checks it says. */
function seedIn(text: string | undefined): string | undefined {
  try {
    const { seed } = JSON.parse(text ?? '') as { readonly seed?: unknown };
    return typeof seed === 'number' ? String(seed) : undefined;
  } catch {
    return undefined;
  }
}

function labelled(text: string, field: HTMLElement): HTMLLabelElement {
  const label = make('label', '', text);
  label.append(field);
  return label;
}

function option(name: string): HTMLOptionElement {
  const item = make('option', '', name);
  item.value = name;
  return item;
}
