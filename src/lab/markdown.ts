import { Marked, Renderer } from 'marked';
import { escapeXml } from '../plot/svg.ts';

/** What a page makes of a picture. @param source as the text names it */
export type DrawImage = (source: string, description: string) => string;

/**
 * The HTML of a Markdown text of docs/. Comments are left out, HTML is text, links to other files are their text; what may be wider
 * than a phone scrolls by itself.
 */
export function renderMarkdown(text: string, image: DrawImage): string {
  const marked = new Marked({
    renderer: {
      heading({ tokens, depth, text: own }) {
        return `<h${depth} id="${slug(own)}">${this.parser.parseInline(tokens)}</h${depth}>\n`;
      },
      paragraph({ tokens }) {
        const inner = this.parser.parseInline(tokens);
        // A picture alone is no paragraph.
        const [first, ...others] = tokens;
        return first?.type === 'image' && others.length === 0 ? `${inner}\n` : `<p>${inner}</p>\n`;
      },
      image: ({ href, text: description }) => image(href, description),
      link({ href, tokens }) {
        const inner = this.parser.parseInline(tokens);
        return href.startsWith('#') ? `<a href="${escapeXml(href)}">${inner}</a>` : inner;
      },
      html: ({ text: own }) => escapeXml(own),
      code: ({ text: own }) => `<pre tabindex="0">${escapeXml(own)}</pre>\n`,
      table(token) {
        const table = Renderer.prototype.table.call(this, token).trim();
        return `<div class="wide"><div class="scroll" tabindex="0">${table}</div></div>\n`;
      },
    },
  });
  // Before: one at the beginning of a line would take the rest of it along.
  return marked.parse(text.replaceAll(/<!--[\s\S]*?-->/g, ''), { async: false });
}

/** As GitHub names headings. */
function slug(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} -]/gu, '')
    .trim()
    .replaceAll(' ', '-');
}
