// Where the viewer left off in each film. Kept in the vault on this device, encrypted; no node learns it.
import { vaultKey } from '@swarma/client';
import { client } from '../frame/client.ts';

const kMinSeconds = 10;
const kMaxTitles = 200;

interface Place {
  seconds: number;
  at: number;
}

const kPlaces = vaultKey<Record<string, Place>>('resume'); // by title

async function load(): Promise<Record<string, Place>> {
  return (await client.vault.get(kPlaces)) ?? {};
}

/** Seconds into the film, 0 when it was never begun or was finished. */
export async function readResume(titleId: string): Promise<number> {
  return (await load())[titleId]?.seconds ?? 0;
}

export async function writeResume(titleId: string, seconds: number, duration: number): Promise<void> {
  const places = await load();
  if (seconds < kMinSeconds || seconds > duration - Math.max(kMinSeconds, duration * 0.03)) delete places[titleId];
  else places[titleId] = { seconds: Math.floor(seconds), at: Date.now() };
  const newest = Object.entries(places).sort(([, a], [, b]) => b.at - a.at);
  await client.vault.put(kPlaces, Object.fromEntries(newest.slice(0, kMaxTitles)));
}
