// A film with everything that its page needs. Fetching begins early: when the pointer is over its card.
import type { Offer, TitleDetails, TitleRecord, TitleSession } from '@swarma/client';
import { client, isSecure } from '../frame/client.ts';

interface FetchedTitle {
  record: TitleRecord;
  jws: string;
  details: TitleDetails;
}

export interface LoadedTitle extends FetchedTitle {
  session: TitleSession;
  offer: Promise<Offer>;
}

const kFreshMs = 30_000;
const fetched = new Map<string, { at: number; title: Promise<FetchedTitle> }>();

/** Begins to fetch what can be fetched without asking anything of the viewer. */
export function preload(id: string): void {
  if (isSecure) fetchTitle(id).catch(() => undefined); // opening the page tries again and shows the error
}

export async function openTitle(id: string): Promise<LoadedTitle> {
  const title = await fetchTitle(id);
  const session = client.openSession(title.record);
  const offer = session.offer();
  offer.catch(() => undefined); // whoever awaits it shows the error
  return { ...title, session, offer };
}

function fetchTitle(id: string): Promise<FetchedTitle> {
  const held = fetched.get(id);
  if (held && Date.now() - held.at < kFreshMs) return held.title;
  const title = fetchAll(id);
  fetched.set(id, { at: Date.now(), title });
  title.catch(() => fetched.delete(id));
  return title;
}

async function fetchAll(id: string): Promise<FetchedTitle> {
  const { record, jws } = await client.fetchTitle(id);
  return { record, jws, details: await client.fetchDetails(record) };
}
