/** The words that a text of tokens has, separated by blanks. */
export function wordsOf(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== '');
}
