/** A whole number with thousands apart: 100,352. (toLocaleString would load ICU's numbers, 7 MB, and depends on them.) */
export function thousands(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ',');
}
