/** A safetensors file taken apart, and put together again as other writers would. */
export interface Parts {
  metadata: Record<string, string> | undefined;
  arrays: { name: string; dtype: string; shape: unknown; bytes: Buffer }[];
}

export function partsOf(file: Buffer): Parts {
  const start = 8 + Number(file.readBigUInt64LE(0));
  const { __metadata__: metadata, ...entries } = JSON.parse(file.toString('utf8', 8, start));
  const arrays = Object.entries(entries).map(([name, entry]) => {
    const { dtype, shape, data_offsets } = entry as {
      dtype: string;
      shape: number[];
      data_offsets: number[];
    };
    const [begin = 0, end = 0] = data_offsets;
    return { name, dtype, shape, bytes: file.subarray(start + begin, start + end) };
  });
  return { metadata, arrays };
}

/** @param order the header's, by indices of `arrays`; without it the order of the data */
export function join({ metadata, arrays }: Parts, order = arrays.map((_, i) => i), align = 8): Buffer {
  let offset = 0;
  const entries = arrays.map(({ name, dtype, shape, bytes }) => {
    const data_offsets = [offset, offset + bytes.length];
    offset += bytes.length;
    return `${JSON.stringify(name)}:${JSON.stringify({ dtype, shape, data_offsets })}`;
  });
  const header = order.map((i) => entries[i]);
  if (metadata !== undefined) header.push(`"__metadata__":${JSON.stringify(metadata)}`);
  return file(
    `{${header.join(',')}}`,
    arrays.map(({ bytes }) => bytes),
    align,
  );
}

/** A file of that header, as it stands. */
export function file(header: string, data: readonly Buffer[], align = 8): Buffer {
  const text = Buffer.from(header);
  const padded = Buffer.concat([text, Buffer.alloc((align - (text.length % align)) % align, ' ')]);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(padded.length));
  return Buffer.concat([length, padded, ...data]);
}
