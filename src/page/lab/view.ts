import type { Link } from '../link.ts';

/**
 * A view of the laboratory. To add one: a file beside this one that exports it, and its line in `views.ts`; the tab, the
 * address (`#view=NAME&…`), Back and the theme button are there then. A view draws with what is in `src/page` (figures,
 * panels, buttons, theme), has its colours from `currentTheme()` or the style sheet's variables, and draws anew at
 * `onThemeChange`. What takes longer than a few milliseconds is done in a worker: see `session.ts`.
 */
export interface LabView {
  /** In the address. */
  readonly name: string;
  /** On its tab. */
  readonly title: string;
  /** Names that its address may have; of others a line says that they mean nothing. */
  readonly keys: readonly string[];
  /** Fills the place. @returns ends it: its workers, timers and listeners */
  show(place: Place): () => void;
}

/** Where a view is shown. */
export interface Place {
  /** Empty, and the view's own. */
  readonly node: HTMLElement;
  /** What the address says; what makes no sense of it the link itself, or `refuse`, says on the page. */
  readonly link: Link;
  /** Puts what is looked at into the address, in the place of what the view had there. */
  remember(values: Readonly<Record<string, string>>): void;
  /** Lines above the view, in place of those before; none: nothing is wrong. */
  refuse(problems: readonly string[]): void;
  /** Beside the heading, and for who cannot see what changed. */
  say(text: string): void;
}
