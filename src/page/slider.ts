import { make } from './elements.ts';

/** A slider with what it stands at beside it. */
export function makeSlider(label: string, onSlide: (value: number) => void) {
  const slider = make('input');
  slider.type = 'range';
  slider.setAttribute('aria-label', label);
  slider.oninput = () => onSlide(Number(slider.value));
  const at = make('output');
  const show = (value: number, [least, most]: readonly [number, number], words: string): void => {
    Object.assign(slider, { min: String(least), max: String(most) });
    slider.value = String(value);
    slider.setAttribute('aria-valuetext', words);
    at.textContent = words;
  };
  return { nodes: [slider, at], show };
}
