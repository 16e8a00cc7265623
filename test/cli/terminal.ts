import { terminalWidth } from '../../src/cli/print/width.ts';

interface Row {
  text: string;
  /** Whether it goes on in the next one, since there was no room. */
  isWrapped: boolean;
}

/**
 * As much of a terminal as our output needs: it breaks long lines, and breaks them anew when its window changes, as VTE,
 * kitty, iTerm2, Windows Terminal and tmux do; xterm itself cuts them (`reflows: false`).
 */
export class FakeTerminal {
  columns: number;
  readonly rows: number;
  private readonly reflows: boolean;
  private lines: Row[] = [{ text: '', isWrapped: false }];
  private y = 0;
  private x = 0;

  constructor(columns: number, rows: number, { reflows = true } = {}) {
    this.columns = columns;
    this.rows = rows;
    this.reflows = reflows;
  }

  /** All that was ever on it, top to bottom. */
  text(): string[] {
    const texts = this.lines.map(({ text }) => text.trimEnd());
    while (texts.at(-1) === '') texts.pop();
    return texts;
  }

  write(output: string): void {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what a terminal gets.
    for (const match of output.matchAll(/\u001b\[(\??[\d;]*)([A-Za-z])|([\s\S])/gu)) {
      const [, parameters, letter, character] = match;
      if (character !== undefined) this.put(character);
      else this.control(letter as string, parameters as string);
    }
  }

  resize(columns: number): void {
    this.columns = columns;
    if (!this.reflows) {
      for (const row of this.lines) row.text = row.text.slice(0, columns);
      return;
    }
    const broken: Row[] = [];
    let [y, x] = [this.y, this.x];
    for (let at = 0; at < this.lines.length; ) {
      const first = at;
      let whole = '';
      while (this.lines[at]?.isWrapped) whole += this.lines[at++]?.text;
      whole += this.lines[at++]?.text;
      if (first <= this.y && this.y < at) {
        const before = this.lines.slice(first, this.y).reduce((sum, { text }) => sum + text.length, 0);
        [y, x] = [broken.length + Math.floor((before + this.x) / columns), (before + this.x) % columns];
      }
      const parts = whole.match(new RegExp(`.{1,${columns}}`, 'gu')) ?? [''];
      broken.push(...parts.map((text, i) => ({ text, isWrapped: i < parts.length - 1 })));
    }
    this.lines = broken;
    [this.y, this.x] = [y, x];
  }

  private control(letter: string, parameters: string): void {
    const row = this.lines[this.y] as Row;
    // Not above the top of the window.
    const top = Math.max(0, this.lines.length - this.rows);
    if (letter === 'A') this.y = Math.max(top, this.y - Number(parameters));
    else if (letter === 'K') Object.assign(row, { text: row.text.slice(0, this.x), isWrapped: false });
    else if (letter === 'J') {
      Object.assign(row, { text: row.text.slice(0, this.x), isWrapped: false });
      this.lines.length = this.y + 1;
    } else if (letter !== 'm' && parameters !== '?25') throw new Error(`what is ${parameters}${letter}?`);
  }

  private put(character: string): void {
    if (character === '\r') this.x = 0;
    else if (character === '\n') {
      // The line discipline of a terminal puts a carriage return before it.
      this.x = 0;
      this.down();
    } else {
      if (this.x + terminalWidth(character) > this.columns) {
        (this.lines[this.y] as Row).isWrapped = true;
        this.x = 0;
        this.down();
      }
      const row = this.lines[this.y] as Row;
      row.text = row.text.padEnd(this.x).slice(0, this.x) + character + row.text.slice(this.x + 1);
      this.x += 1;
    }
  }

  private down(): void {
    this.y += 1;
    if (this.y === this.lines.length) this.lines.push({ text: '', isWrapped: false });
  }
}
