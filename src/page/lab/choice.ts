import { make } from '../elements.ts';

/** Chooses one of some. @param words what each is called */
export function choice<T extends string>(
  label: string,
  all: readonly T[],
  chosen: T,
  words: (each: T) => string,
  onChoose: (each: T) => void,
): HTMLLabelElement {
  const select = make('select');
  select.append(...all.map((each) => new Option(words(each), each, false, each === chosen)));
  select.onchange = () => onChoose(select.value as T);
  const outer = make('label', 'choice', `${label} `);
  outer.append(select);
  return outer;
}
