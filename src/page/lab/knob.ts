import { make } from '../elements.ts';
import { makeSlider } from '../slider.ts';
import { type KnobRange, shareOf, valueAt } from './knob-range.ts';

/** Places of a slider. */
const PLACES = 200;

/** A slider for a number. @param onTurn is told it, to three digits */
export function makeKnob(
  label: string,
  range: KnobRange,
  value: number,
  onTurn: (value: number) => void,
): HTMLElement {
  const places = range.isWhole ? Math.min(PLACES, range.most - range.least) : PLACES;
  const slider = makeSlider(label, (at) => {
    const turned = valueAt(range, at / places);
    show(turned);
    onTurn(turned);
  });
  const show = (shown: number): void =>
    slider.show(Math.round(shareOf(range, shown) * places), [0, places], String(shown));
  show(value);
  const node = make('div', 'knob');
  node.append(make('span', '', label), ...slider.nodes);
  return node;
}
