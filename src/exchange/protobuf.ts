/** The part of the protocol-buffer encoding that ONNX needs: https://protobuf.dev/programming-guides/encoding. */

/** A varint field. @param value integer ≥ 0 below 2⁵³ */
export function integerField(field: number, value: number): Buffer {
  return Buffer.concat([varint(field * 8), varint(value)]);
}

/** A length-delimited field: text, bytes or a message of encoded fields. */
export function bytesField(field: number, content: string | Buffer | readonly Buffer[]): Buffer {
  const bytes = typeof content === 'string' ? Buffer.from(content) : Buffer.concat([content].flat());
  return Buffer.concat([varint(field * 8 + 2), varint(bytes.length), bytes]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 128) {
    bytes.push((rest % 128) + 128);
    rest = Math.floor(rest / 128);
  }
  return Buffer.from([...bytes, rest]);
}
