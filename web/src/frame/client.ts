// The one client of this page, and what it knows about the node.
import { signal } from '@preact/signals';
import { type NodeInfo, SwarmaClient } from '@swarma/client';

export const client = new SwarmaClient({
  baseUrl: window.location.origin,
  workers: {
    segment: () => new Worker(new URL('./workers/segment-worker.ts', import.meta.url), { type: 'module' }),
    argon2: () => new Worker(new URL('./workers/argon2-worker.ts', import.meta.url), { type: 'module' }),
    puzzle: () => new Worker(new URL('./workers/puzzle-worker.ts', import.meta.url), { type: 'module' }),
  },
});

export const node = signal<NodeInfo | undefined>(undefined);

/** Fetches the facts that the header and the insecure-context page show. Without them the pages still work. */
export async function learnAboutNode(): Promise<void> {
  try {
    node.value = await client.node();
  } catch {
    node.value = undefined; // each page reports by itself that the node does not answer
  }
}

export const isSecure = window.isSecureContext && Boolean(globalThis.crypto?.subtle);

export const blobUrl = (id: string, extension: string): string => `/${id}.${extension}`;
