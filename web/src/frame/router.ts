// Addresses of the pages. Pages use plain links: clicks on links to our own pages are handled here, all others by the
// browser.
import { signal } from '@preact/signals';

export type Route =
  | { page: 'catalog' }
  | { page: 'title'; id: string }
  | { page: 'studio' }
  | { page: 'members' }
  | { page: 'publish'; titleId: string | undefined }
  | { page: 'edit'; titleId: string }
  | { page: 'sign-in' }
  | { page: 'not-found' };

export const location = signal(read());

function read(): { path: string; query: URLSearchParams; hash: string } {
  const { pathname, search, hash } = window.location;
  return { path: pathname, query: new URLSearchParams(search), hash };
}

export function routeOf(path: string): Route {
  const parts = path.split('/').filter((part) => part !== '');
  const [first, second, third] = parts;
  if (first === undefined) return { page: 'catalog' };
  if (first === 't' && second && /^[a-z2-7]{26}$/.test(second) && !third) return { page: 'title', id: second };
  if (first === 'studio' && !second) return { page: 'studio' };
  if (first === 'studio' && second === 'members' && !third) return { page: 'members' };
  if (first === 'studio' && second === 'link') return { page: 'sign-in' };
  if (first === 'studio' && second === 'new') return { page: 'publish', titleId: third };
  if (first === 'studio' && second === 'edit' && third) return { page: 'edit', titleId: third };
  return { page: 'not-found' };
}

export const titlePath = (id: string): string => `/t/${id}`;

/** Goes to another page of ours; `replace` leaves no trace in the history. */
export function navigate(to: string, { replace = false } = {}): void {
  history[replace ? 'replaceState' : 'pushState'](null, '', to);
  location.value = read();
  if (!replace) {
    window.scrollTo(0, 0);
    requestAnimationFrame(() => document.querySelector<HTMLElement>('main')?.focus({ preventScroll: true }));
  }
}

export function startRouter(): void {
  window.addEventListener('popstate', () => (location.value = read()));
  window.addEventListener('hashchange', () => (location.value = read()));
  window.addEventListener('click', (event) => {
    if (
      event.defaultPrevented ||
      event.button !== 0 ||
      event.metaKey ||
      event.ctrlKey ||
      event.shiftKey ||
      event.altKey
    )
      return;
    const link = (event.target as Element | null)?.closest?.('a');
    if (!link || link.target || link.hasAttribute('download') || link.origin !== window.location.origin) return;
    if (routeOf(link.pathname).page === 'not-found' || link.getAttribute('href')?.startsWith('#')) return;
    event.preventDefault();
    navigate(link.pathname + link.search + link.hash);
  });
}
