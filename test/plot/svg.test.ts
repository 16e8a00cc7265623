import { expect, it } from 'vitest';
import { escapeXml } from '../../src/plot/svg.ts';

it('replaces what XML does not allow, and leaves the rest', () => {
  expect(escapeXml('a\u0001b\u001b[31mc\ud800d\uffffe\u0000')).toBe(
    'a\ufffdb\ufffd[31mc\ufffdd\ufffde\ufffd',
  );
  expect(escapeXml('tab\tline\nδ 😀 <&">')).toBe('tab\tline\nδ 😀 &lt;&amp;&quot;&gt;');
});
