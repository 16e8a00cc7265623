import { styleText } from 'node:util';

type Style = Parameters<typeof styleText>[0];

/** Where text goes: a terminal may show colour. */
export interface Screen {
  readonly isTTY?: boolean;
  hasColors?(): boolean;
}

/** Text in a style, plain where the stream is no terminal or NO_COLOR is set (`hasColors` looks at it). */
export function paint(style: Style, text: string, screen: Screen = process.stdout): string {
  return screen.isTTY && screen.hasColors?.() && !process.env.NO_COLOR ? styleText(style, text) : text;
}
