// The studio is a chunk of its own: most visitors never need it.
import { withMessages } from '../frame/i18n.ts';

export const loadStudio = () => withMessages('studio', import('./studio.tsx'));
