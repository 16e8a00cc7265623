import { concatBytes, textBytes } from './bytes.ts';

/*
 * The part of the protocol-buffer encoding that ONNX and TensorBoard need [https://protobuf.dev/programming-guides/encoding]:
 * a message is its fields one after the other, each a key (number · 8 + wire type) and its value. Wire types: 0 varint,
 * 1 eight bytes, 2 length and bytes, 5 four bytes.
 */

/** A varint field. @param value integer ≥ 0 below 2⁵³ */
export function integerField(field: number, value: number): Uint8Array {
  return concatBytes([varint(field * 8), varint(value)]);
}

/** A field of eight bytes. */
export function doubleField(field: number, value: number): Uint8Array {
  const eight = new DataView(new ArrayBuffer(8));
  eight.setFloat64(0, value, true);
  return concatBytes([varint(field * 8 + 1), new Uint8Array(eight.buffer)]);
}

/** A field of four bytes. */
export function floatField(field: number, value: number): Uint8Array {
  const four = new DataView(new ArrayBuffer(4));
  four.setFloat32(0, value, true);
  return concatBytes([varint(field * 8 + 5), new Uint8Array(four.buffer)]);
}

/** A length-delimited field: text, bytes or a message of encoded fields. */
export function bytesField(field: number, content: string | Uint8Array | readonly Uint8Array[]): Uint8Array {
  const bytes =
    typeof content === 'string'
      ? textBytes(content)
      : content instanceof Uint8Array
        ? content
        : concatBytes(content);
  return concatBytes([varint(field * 8 + 2), varint(bytes.length), bytes]);
}

/** Seven bits a byte, the least first; the top bit says that more follow. */
function varint(value: number): Uint8Array {
  const digits: number[] = [];
  let rest = value;
  while (rest >= 128) {
    digits.push((rest % 128) + 128);
    rest = Math.floor(rest / 128);
  }
  return Uint8Array.from([...digits, rest]);
}
