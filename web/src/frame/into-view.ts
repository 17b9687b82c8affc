// Scrolling for the reader: only when needed, and without motion for those who asked for none.

/** Whether nearly all of the element, or as much of it as fits on the screen, is visible. */
function isInView(element: Element): boolean {
  const { top, bottom, height } = element.getBoundingClientRect();
  const seen = Math.min(bottom, window.innerHeight) - Math.max(top, 0);
  return seen >= 0.9 * Math.min(height, window.innerHeight);
}

export function bringIntoView(element: Element): void {
  if (isInView(element)) return;
  const calm = window.matchMedia('(prefers-reduced-motion: reduce)').matches;
  const fits = element.getBoundingClientRect().height <= window.innerHeight;
  element.scrollIntoView({ behavior: calm ? 'auto' : 'smooth', block: fits ? 'nearest' : 'start' });
}
