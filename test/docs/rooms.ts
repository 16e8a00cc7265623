import { allowed } from '../rooms.ts';

const ROW = 40;
const LEFT = 16;
const CHARACTER = 7.4;

/**
 * The rooms of the house as a picture: each imports only from rows below its own, so that all arrows would point down.
 * What stands in one row knows nothing of each other.
 */
export function drawRooms(): string {
  const levels = new Map<string, number>();
  const levelOf = (room: string): number => {
    const known = levels.get(room);
    if (known !== undefined) return known;
    const level = Math.max(-1, ...(allowed[room] ?? []).map(levelOf)) + 1;
    levels.set(room, level);
    return level;
  };
  const rooms = Object.keys(allowed);
  const top = Math.max(...rooms.map(levelOf));
  const rows = Array.from({ length: top + 1 }, (_, i) => rooms.filter((room) => levelOf(room) === top - i));
  const boxes = rows.flatMap((row, i) => {
    let x = LEFT;
    return row.map((room) => {
      const width = Math.ceil(room.length * CHARACTER) + 16;
      const at = x;
      x += width + 10;
      const kind = /^(node\/|cli|index|experiment-worker|dashboard-worker)/.test(room) ? 'machine' : 'core';
      return `<rect class="${kind}" x="${at}" y="${i * ROW + 12}" width="${width}" height="26" rx="5"/><text x="${at + width / 2}" y="${i * ROW + 29}">${room}</text>`;
    });
  });
  const widths = rows.map((row) =>
    row.reduce((x, room) => x + Math.ceil(room.length * CHARACTER) + 26, LEFT),
  );
  const [width, height] = [Math.max(...widths), rows.length * ROW + 16];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="The rooms of src and envs, each above those that it imports"><style>text{font:12px ui-monospace,monospace;text-anchor:middle;fill:#1f2328}rect{stroke:#8c959f;fill:#f6f8fa}.machine{fill:#ddf4ff;stroke:#54aeff}.back{fill:#ffffff;stroke:none}@media (prefers-color-scheme:dark){text{fill:#e6edf3}rect{fill:#161b22;stroke:#484f58}.machine{fill:#0c2d6b;stroke:#388bfd}.back{fill:#0d1117}}</style><rect class="back" width="${width}" height="${height}"/>${boxes.join('')}</svg>\n`;
}
