// Unlocks of a film by way and day, as numbers for a picture and a table.
import type { UnlockCounts } from '@swarma/client';

const kDay = 86_400;
export const kShownDays = 30;

export interface WayCounts {
  path: string;
  /** Of the last kShownDays days, oldest first. */
  days: number[];
  week: number;
  month: number;
}

/** The ways with the most unlocks first. `now` in Unix seconds. */
export function countsByWay({ days }: UnlockCounts, now: number): WayCounts[] {
  const today = Math.floor(now / kDay);
  const ways = new Map<string, number[]>();
  for (const { day, path, unlocks } of days) {
    const ago = today - Math.floor(day / kDay);
    if (ago < 0 || ago >= kShownDays) continue;
    const counts = ways.get(path) ?? Array<number>(kShownDays).fill(0);
    const place = kShownDays - 1 - ago;
    counts[place] = (counts[place] ?? 0) + unlocks;
    ways.set(path, counts);
  }
  const sum = (counts: number[]) => counts.reduce((total, n) => total + n, 0);
  return [...ways]
    .map(([path, counts]) => ({ path, days: counts, week: sum(counts.slice(-7)), month: sum(counts) }))
    .sort((a, b) => b.month - a.month);
}
