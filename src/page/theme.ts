import { type Theme, themes } from '../plot/palette.ts';

const root = document.documentElement;
const system = matchMedia('(prefers-color-scheme: dark)');
const listeners = new Set<() => void>();

/** Whether the page is dark: as its button was pressed, else as the system is. */
export function isDark(): boolean {
  const chosen = root.dataset.theme;
  return chosen === undefined ? system.matches : chosen === 'dark';
}

export function setDark(dark: boolean): void {
  root.dataset.theme = dark ? 'dark' : 'light';
  for (const listen of listeners) listen();
}

export function currentTheme(): Theme {
  return isDark() ? themes.dark : themes.light;
}

/** @returns ends it */
export function onThemeChange(listen: () => void): () => void {
  listeners.add(listen);
  system.addEventListener('change', listen);
  return () => {
    listeners.delete(listen);
    system.removeEventListener('change', listen);
  };
}
