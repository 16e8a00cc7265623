import { setAttributes } from '../svg-nodes.ts';

/** A number that is dragged, or moved by keys: a slider for who cannot see it. */
export interface Handled {
  readonly label: string;
  readonly range: readonly [least: number, most: number];
  /** By one arrow key; page keys go ten of them, Home and End to the ends of the range. */
  readonly step: number;
  readonly orientation: 'horizontal' | 'vertical';
  get(): number;
  set(value: number): void;
  /** The number in words. */
  words(value: number): string;
}

const KEYS: Readonly<Record<string, number>> = {
  ...{ ArrowUp: 1, ArrowRight: 1, ArrowDown: -1, ArrowLeft: -1 },
  ...{ PageUp: 10, PageDown: -10, Home: Number.NEGATIVE_INFINITY, End: Number.POSITIVE_INFINITY },
};

/**
 * Lets a node be dragged by mouse or finger, and moved by keys.
 * @param valueAt the number that belongs to a place of the pointer
 * @returns says the number anew to who cannot see it
 */
export function makeHandle(
  node: SVGElement,
  handled: Handled,
  valueAt: (event: PointerEvent) => number,
): () => void {
  const [least, most] = handled.range;
  const set = (value: number): void => handled.set(Math.min(most, Math.max(least, value)));
  setAttributes(node, {
    role: 'slider',
    tabindex: 0,
    'aria-label': handled.label,
    'aria-orientation': handled.orientation,
    'aria-valuemin': least,
    'aria-valuemax': most,
  });
  node.classList.add('handle', handled.orientation);
  node.onpointerdown = (event) => {
    event.preventDefault();
    node.focus();
    node.setPointerCapture(event.pointerId);
    set(valueAt(event));
  };
  // The style sheet's touch-action does not reach inside of an SVG: the page would scroll, and the drag end.
  node.addEventListener('touchstart', (event) => event.preventDefault(), { passive: false });
  node.onpointermove = (event) => {
    if (node.hasPointerCapture(event.pointerId)) set(valueAt(event));
  };
  node.onkeydown = (event) => {
    const steps = KEYS[event.key];
    if (steps === undefined || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    // By whole steps: 0.1 + 0.2 is 0.3.
    const moved = (Math.round(handled.get() / handled.step) + steps) * handled.step;
    set(Number.isFinite(moved) ? Number(moved.toFixed(6)) : moved);
  };
  return () => {
    const value = handled.get();
    setAttributes(node, {
      'aria-valuenow': Number(value.toFixed(4)),
      'aria-valuetext': handled.words(value),
    });
  };
}
