// A title with all that its page needs, fetched once and early: hovering over a card is enough to begin.
import type { Offer, TitleDetails, TitleRecord, TitleSession } from '@swarma/client';
import { client, isSecure } from './client.ts';

export interface LoadedTitle {
  record: TitleRecord;
  jws: string;
  details: TitleDetails;
  session: TitleSession;
  offer: Promise<Offer>;
}

const kFreshMs = 30_000;
const loading = new Map<string, { at: number; title: ReturnType<SwarmaFetch> }>();
type SwarmaFetch = () => Promise<Omit<LoadedTitle, 'session' | 'offer'>>;

async function fetchAll(id: string): Promise<Omit<LoadedTitle, 'session' | 'offer'>> {
  const { record, jws } = await client.fetchTitle(id);
  return { record, jws, details: await client.fetchDetails(record) };
}

/** Begins to fetch what can be fetched without asking anything of the viewer. */
export function preload(id: string): void {
  if (isSecure) fetchTitle(id).catch(() => loading.delete(id)); // opening the page asks again and says what is wrong
}

function fetchTitle(id: string): Promise<Omit<LoadedTitle, 'session' | 'offer'>> {
  const held = loading.get(id);
  if (held && Date.now() - held.at < kFreshMs) return held.title;
  const title = fetchAll(id);
  loading.set(id, { at: Date.now(), title });
  title.catch(() => loading.delete(id));
  return title;
}

export async function openTitle(id: string): Promise<LoadedTitle> {
  void loadPlayer().catch(() => undefined); // pressing play asks again
  const title = await fetchTitle(id);
  const session = client.openSession(title.record);
  const offer = session.offer();
  offer.catch(() => undefined); // whoever awaits it shows the error
  return { ...title, session, offer };
}

/** The player is a chunk of its own; it is on its way before anybody presses play. */
export const loadPlayer = () => import('./player/player.tsx');
