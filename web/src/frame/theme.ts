// Light, dark, or the device's choice: an attribute on the root element that the style sheets read.
import { signal } from '@preact/signals';

export type Theme = 'auto' | 'light' | 'dark';
const kStorageKey = 'swarma.theme';

export const theme = signal<Theme>('auto');

export function setTheme(value: Theme): void {
  theme.value = value;
  if (value === 'auto') {
    delete document.documentElement.dataset['theme'];
    localStorage.removeItem(kStorageKey);
  } else {
    document.documentElement.dataset['theme'] = value;
    localStorage.setItem(kStorageKey, value);
  }
}

export function restoreTheme(): void {
  const stored = localStorage.getItem(kStorageKey);
  if (stored === 'light' || stored === 'dark') setTheme(stored);
}
