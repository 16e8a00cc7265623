import { expect, it } from 'vitest';
import { shorten, shortLine, UserError } from '../src/user-error.ts';

it('the message of a mistake is one line without control characters', () => {
  const { message } = new UserError('a \r\n\t b\u2028c \x1b[31mred\x1b[0m\x00\x9b (x.json)');
  expect(message).toBe('a b c \\x1b[31mred\\x1b[0m\\x00\\x9b (x.json)');
});

it('a message of nothing but control characters is cut, too', () => {
  expect(new UserError('\x00'.repeat(1100)).message).toHaveLength(1200);
});

it('a message of megabytes is cut in the middle: the place at its end stays', () => {
  const { message } = new UserError(`gamma must be in [0, 1], got ${'9'.repeat(8e6)} (x.json)`);
  expect(message.length).toBeLessThan(1300);
  expect(message).toMatch(/^gamma must be in \[0, 1\], got 9+…9+ \(x\.json\)$/);
});

it('shows what turns the direction of a text, and halves of pairs, as codes', () => {
  expect(new UserError('a\u202eb\u2066c\ud800d\u009be').message).toBe('a\\u202eb\\u2066c\\ud800d\\x9be');
});

it('a name is cut to 60 characters of one line, and never in the middle of a pair', () => {
  expect(shortLine('red')).toBe('red');
  expect(shortLine('x'.repeat(60))).toBe('x'.repeat(60));
  expect(shortLine('x'.repeat(8e6))).toBe(`${'x'.repeat(59)}…`);
  expect(shortLine('a\n\x1b[31mb')).toBe('a \\x1b[31mb');
  expect(shortLine('\x00'.repeat(59))).toHaveLength(60);
  expect(shorten('ab😀c', 4)).toBe('ab…');
  expect(shorten('ab😀c', 5)).toBe('ab😀c');
});
