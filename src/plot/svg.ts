/** A coordinate: one decimal, so that the bytes do not depend on the last digits. */
export function px(value: number): string {
  return String(Math.round(value * 10) / 10 || 0);
}

/** Control characters but tab and line ends, halves of surrogate pairs, U+FFFE and U+FFFF. [XML 1.0, §2.2] */
const NO_XML = /[\p{Cs}\ufffe\uffff]|(?![\t\n\r\u007f-\u009f])\p{Cc}/gu;

/** The text as XML and HTML may hold it: characters that XML 1.0 does not allow become U+FFFD. */
export function escapeXml(text: string): string {
  return text
    .replace(NO_XML, '\ufffd')
    .replace(/[&<>"]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[c] ?? c);
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
