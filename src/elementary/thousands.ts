/** A whole number with thousands apart: 100,352. (toLocaleString would load ICU's numbers, 7 MB, and depends on them.) */
export function thousands(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** 1 run, 1,200 runs. @param word of one */
export function counted(count: number, word: string): string {
  return `${thousands(count)} ${word}${count === 1 ? '' : 's'}`;
}
