/** Cyclic redundancy checks of 32 bits: two polynomials, bits reversed, before and after which all bits are turned. */

/** The CRC-32 of zip archives. [IEEE 802.3; PKZIP APPNOTE 4.4.7] */
export const crc32 = checkOf(0xedb88320);

/** CRC-32C, Castagnoli's. [RFC 3720, appendix B.4] */
export const crc32c = checkOf(0x82f63b78);

function checkOf(polynomial: number): (data: Uint8Array) => number {
  const table = Uint32Array.from({ length: 256 }, (_, byte) => {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ polynomial : crc >>> 1;
    return crc;
  });
  return (data) => {
    let crc = 0xffffffff;
    for (const byte of data) crc = table[(crc ^ byte) & 0xff] ^ (crc >>> 8);
    return (crc ^ 0xffffffff) >>> 0;
  };
}
