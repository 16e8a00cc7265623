import { escapeXml } from '../plot/svg.ts';

/** What a page makes of a picture. @param source as the text names it */
export type DrawImage = (source: string, description: string) => string;

/**
 * The HTML of a Markdown text, of what the pages of docs/ are written in: headings, paragraphs, lists, tables, code, pictures, links, emphasis.
 * Comments are left out, links to other files are their text.
 */
export function renderMarkdown(text: string, image: DrawImage): string {
  const blocks = text
    .replaceAll(/<!--[\s\S]*?-->/g, '')
    .split(/\n{2,}(?=\S| {4})/)
    .flatMap(withFencesWhole())
    .map((block) => block.replace(/^\n+|\s+$/g, ''));
  return blocks
    .filter((block) => block !== '')
    .map((block) => renderBlock(block, image))
    .join('\n');
}

/** Joins the blocks of one fence: code has empty lines, too. */
function withFencesWhole(): (block: string) => string[] {
  let open: string | undefined;
  return (block) => {
    const whole = open === undefined ? block : `${open}\n\n${block}`;
    const isOpen = (whole.match(/^```/gm) ?? []).length % 2 === 1;
    open = isOpen ? whole : undefined;
    return isOpen ? [] : [whole];
  };
}

function renderBlock(block: string, image: DrawImage): string {
  const lines = block.split('\n');
  const [first] = lines as [string];
  const heading = /^(#{1,4}) (.*)$/.exec(first);
  if (heading?.[1] !== undefined && heading[2] !== undefined && lines.length === 1)
    return `<h${heading[1].length} id="${slug(heading[2])}">${inline(heading[2])}</h${heading[1].length}>`;
  const fence = lines.findIndex((line) => line.startsWith('```'));
  if (fence === 0) return `<pre tabindex="0">${escapeXml(lines.slice(1, -1).join('\n'))}</pre>`;
  if (fence > 0)
    return [lines.slice(0, fence), lines.slice(fence)]
      .map((part) => renderBlock(part.join('\n'), image))
      .join('\n');
  const picture = /^!\[([^\]]*)\]\(([^)]*)\)$/.exec(block);
  if (picture?.[1] !== undefined && picture[2] !== undefined) return image(picture[2], picture[1]);
  if (first.startsWith('    '))
    return `<pre tabindex="0">${escapeXml(lines.map((line) => line.slice(4)).join('\n'))}</pre>`;
  if (first.startsWith('|')) return renderTable(lines);
  if (first.startsWith('- ')) {
    const items = block.split(/\n(?=- )/).map((item) => `<li>${inline(item.slice(2))}</li>`);
    return `<ul>${items.join('')}</ul>`;
  }
  return `<p>${inline(block)}</p>`;
}

function renderTable(lines: readonly string[]): string {
  const cells = (line: string): string[] =>
    line
      .replace(/^\||\|$/g, '')
      .split(/(?<!\\)\|/)
      .map((cell) => inline(cell.trim().replaceAll('\\|', '|')));
  const [head = '', , ...rows] = lines;
  const row = (line: string, tag: 'th' | 'td'): string =>
    `<tr>${cells(line)
      .map((cell) => `<${tag}>${cell}</${tag}>`)
      .join('')}</tr>`;
  return `<div class="wide"><div class="scroll" tabindex="0"><table><thead>${row(head, 'th')}</thead><tbody>${rows.map((line) => row(line, 'td')).join('')}</tbody></table></div></div>`;
}

/** Code first: nothing in it means anything else. */
function inline(text: string): string {
  return text
    .split(/(`[^`]*`)/)
    .map((part) =>
      part.startsWith('`') && part.length > 1 ? `<code>${escapeXml(part.slice(1, -1))}</code>` : words(part),
    )
    .join('');
}

function words(text: string): string {
  return escapeXml(text)
    .replaceAll('\\*', '&#42;')
    .replaceAll(/\*\*([^*]+)\*\*/g, '<b>$1</b>')
    .replaceAll(/\*([^*]+)\*/g, '<i>$1</i>')
    .replaceAll(/\[([^\]]+)\]\((#[\w-]*)\)/g, '<a href="$2">$1</a>')
    .replaceAll(/\[([^\]]+)\]\([^)]*\)/g, '$1');
}

/** As GitHub names headings. */
function slug(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} -]/gu, '')
    .trim()
    .replaceAll(' ', '-');
}
