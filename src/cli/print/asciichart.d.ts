// asciichart ships no types; this is what we use of it.
declare module 'asciichart' {
  interface Options {
    readonly height?: number;
    readonly min?: number;
    readonly max?: number;
    readonly colors?: readonly (string | undefined)[];
    readonly format?: (value: number, row: number) => string;
  }
  const asciichart: {
    readonly cyan: string;
    readonly red: string;
    plot(series: readonly (readonly number[])[], options?: Options): string;
  };
  export default asciichart;
}
