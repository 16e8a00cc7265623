/** A coordinate: one decimal, so that the bytes do not depend on the last digits. */
export function px(value: number): string {
  return String(Math.round(value * 10) / 10 || 0);
}

export function escapeXml(text: string): string {
  return text.replace(/[&<>"]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[c] ?? c);
}

type Attributes = Readonly<Record<string, string | number | undefined>>;

/** One element; attributes that are undefined or empty are left out. */
export function element(name: string, attributes: Attributes, content = ''): string {
  const written = Object.entries(attributes)
    .filter(([, value]) => value !== undefined && value !== '')
    .map(([key, value]) => ` ${key}="${typeof value === 'number' ? px(value) : escapeXml(String(value))}"`)
    .join('');
  return content === '' ? `<${name}${written}/>` : `<${name}${written}>${content}</${name}>`;
}

/** A text at a place. */
export function text(content: string, x: number, y: number, attributes: Record<string, string> = {}): string {
  return element('text', { x, y, ...attributes }, escapeXml(content));
}

/** Pixels that something is drawn in. */
export interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}
