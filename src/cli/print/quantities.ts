/** A number for reading: four significant digits, no trailing zeros. */
export function quantity(value: number | null): string {
  if (value === null || Number.isNaN(value)) return '–';
  if (Number.isSafeInteger(value)) return String(value);
  if (Math.abs(value) >= 1e9) return value.toExponential(3).replace('e+', 'e');
  return String(Number(value.toPrecision(4)));
}

/** A share as 3.1%; <0.1% of one that would read as none. */
export function shareInWords(share: number): string {
  return share > 0 && share < 0.0005 ? '<0.1%' : `${(100 * share).toFixed(1)}%`;
}

/** δ of some updates: 0.02; 0.01 to 0.0003 of one that is annealed. */
export function deltaInWords({
  least,
  greatest,
}: {
  readonly least: number;
  readonly greatest: number;
}): string {
  const word = (value: number): string => String(Number(value.toPrecision(3)));
  return least === greatest ? quantity(least) : `${word(greatest)} to ${word(least)}`;
}

/** Bytes as 812 B, 64 kB, 1.3 MB, by thousands. */
export function size(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < 999_500) return `${Math.round(bytes / 1000)} kB`;
  return bytes < 999.5e6 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}

/** Seconds as 3.1 s, 2 m 05 s, 1 h 02 m. */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return '–';
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  const twoDigits = (value: number): string => String(value).padStart(2, '0');
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} m ${twoDigits(whole % 60)} s`;
  return `${Math.floor(whole / 3600)} h ${twoDigits(Math.floor((whole % 3600) / 60))} m`;
}
