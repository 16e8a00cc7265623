/** Copies the text beside a button, and says so on it; where a page may not copy, the text is selected for the reader. */
export function copyBeside(button: HTMLButtonElement): void {
  const text = button.previousElementSibling;
  if (text === null) return;
  const copied = (): void => {
    button.textContent = 'copied';
  };
  const select = (): void => {
    getSelection()?.selectAllChildren(text);
    button.textContent = 'selected';
  };
  // Undefined where the page did not come from a safe place.
  const clipboard = navigator.clipboard as Clipboard | undefined;
  if (clipboard === undefined) select();
  else clipboard.writeText(text.textContent ?? '').then(copied, select);
}
