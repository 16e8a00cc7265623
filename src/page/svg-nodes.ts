const NAMESPACE = 'http://www.w3.org/2000/svg';

type Attributes = Readonly<Record<string, string | number>>;

/** An SVG element with attributes and children. */
export function makeSvg<Tag extends keyof SVGElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: readonly SVGElement[]
): SVGElementTagNameMap[Tag] {
  const node = document.createElementNS(NAMESPACE, tag);
  setAttributes(node, attributes);
  node.append(...children);
  return node;
}

export function setAttributes(node: SVGElement, attributes: Attributes): void {
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, String(value));
}

/** A text at a place. */
export function makeText(content: string, attributes: Attributes): SVGTextElement {
  const node = makeSvg('text', attributes);
  node.textContent = content;
  return node;
}

/** A path's `d` from point to point. */
export function pathOf(points: readonly (readonly [x: number, y: number])[]): string {
  return points.map(([x, y], i) => `${i === 0 ? 'M' : 'L'}${x.toFixed(1)} ${y.toFixed(1)}`).join('');
}
