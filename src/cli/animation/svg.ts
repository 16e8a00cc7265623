import type { Drawing, Shape } from '../../rollout/drawing.ts';
import { escapeXml } from '../../plot/svg.ts';
import { HOLD, hex } from './colors.ts';

/** Across, in CSS pixels. */
const WIDTH = 480;

/**
 * Drawings one after the other as an SVG that moves by itself (SMIL): each shape once, and of what moves its values.
 * @param title of the document
 */
export function animatedSvg(drawings: readonly Drawing[], title: string): string {
  const [first] = drawings;
  const { width, height, seconds } = first;
  const held = Math.ceil(HOLD / seconds);
  const duration = decimal((drawings.length + held) * seconds);
  const shapes = first.shapes.map((shape, at) => {
    const each = drawings.map((drawing) => attributesOf(drawing.shapes[at]));
    const names = Object.keys(each[0]);
    const moving = names.filter((name) => each.some((values) => values[name] !== each[0][name]));
    const motions = moving.map((name) => {
      const values = each.map((all) => all[name]);
      const whole = [...values, ...new Array<string>(held).fill(values.at(-1) as string)];
      return `<animate attributeName="${name}" values="${whole.join(';')}" dur="${duration}s" calcMode="discrete" repeatCount="indefinite"/>`;
    });
    const attributes = names.map((name) => ` ${name}="${each[0][name]}"`).join('');
    return `<${tagOf(shape)}${attributes}${paintOf(shape)}${motions.length === 0 ? '/>' : `>${motions.join('')}</${tagOf(shape)}>`}`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${decimal(width)} ${decimal(height)}" width="${WIDTH}" height="${decimal((WIDTH * height) / width)}" role="img">`,
    `<title>${escapeXml(title)}</title>`,
    `<rect width="${decimal(width)}" height="${decimal(height)}" fill="${hex('paper')}"/>`,
    ...shapes,
    '</svg>\n',
  ].join('\n');
}

/** Four decimals at most, the same text on every machine. */
function decimal(value: number): string {
  return String(Number(value.toFixed(4)));
}

function tagOf({ kind }: Shape): string {
  return kind === 'rectangle' ? 'rect' : kind;
}

function attributesOf(shape: Shape): Record<string, string> {
  switch (shape.kind) {
    case 'rectangle':
      return numbers({ x: shape.x, y: shape.y, width: shape.width, height: shape.height });
    case 'circle':
      return numbers({ cx: shape.x, cy: shape.y, r: shape.radius });
    case 'line':
      return numbers({ x1: shape.x1, y1: shape.y1, x2: shape.x2, y2: shape.y2 });
    case 'polygon':
      return { points: shape.points.map((point) => point.map(decimal).join(',')).join(' ') };
  }
}

function numbers(values: Record<string, number>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, decimal(value)]));
}

function paintOf(shape: Shape): string {
  if (shape.kind !== 'line') return ` fill="${hex(shape.ink)}"`;
  return ` stroke="${hex(shape.ink)}" stroke-width="${decimal(shape.width)}" stroke-linecap="round"`;
}
