import type { Route } from '../router.ts';
export function StudioPages(_: { route: Route }) { return null; }
