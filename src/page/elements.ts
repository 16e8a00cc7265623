/** An element with a class and a text. */
export function make<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  className = '',
  text?: string,
): HTMLElementTagNameMap[Tag] {
  const node = document.createElement(tag);
  if (className !== '') node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
}

export function makeButton(className: string, text?: string): HTMLButtonElement {
  const button = make('button', className, text);
  button.type = 'button';
  return button;
}

/** A button that is pressed or not. @param set is told what it is then */
export function makeToggle(text: string, get: () => boolean, set: (on: boolean) => void): HTMLButtonElement {
  const button = makeButton('tool', text);
  const show = (): void => button.setAttribute('aria-pressed', String(get()));
  button.onclick = () => {
    set(!get());
    show();
  };
  show();
  return button;
}

/** What a swatch of this colour and SVG dash array is filled with. */
export function swatchFill(color: string, dash: string): string {
  if (dash === '') return color;
  const [on = 0, off = 0] = dash.split(' ').map(Number);
  return `repeating-linear-gradient(90deg,${color} 0 ${on}px,transparent 0 ${on + off}px)`;
}
