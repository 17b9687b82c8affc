// A free preview leaves something to unlock: how long one may be, and whether terms open the whole film without a word.
import type { Policy, PolicyPath } from '@swarma/client';

/** How long a film is, and into how many slots it is cut: what a grant opens ends with a slot. */
export interface FilmLength {
  seconds: number;
  slots: number;
}

const kUsualSlotSeconds = 4;
const kLengths = [1, 2, 3, 5, 10, 15, 20, 30, 45, 60, 90, 120]; // of a preview, in seconds
const kMostOfFilm = 1 / 4;

/** A film that is not cut yet. */
export function uncut(seconds: number): FilmLength {
  return { seconds, slots: Math.max(1, Math.ceil(seconds / kUsualSlotSeconds)) };
}

export function secondsOfSlot(slot: number, film: FilmLength | undefined): number {
  return slot * (film ? film.seconds / film.slots : kUsualSlotSeconds);
}

/** Whether the seconds up to `end` are all of the film, as the node counts: in whole slots, rounded up. */
export function reachesEnd(end: number, { seconds, slots }: FilmLength): boolean {
  return Math.ceil((end * slots) / seconds) >= slots;
}

/** The usual preview for a film of this length in seconds; nothing when any would open all of it. */
export function previewThatFits(film: FilmLength): number | undefined {
  const fitting = kLengths.filter((length) => !reachesEnd(length, film));
  return fitting.findLast((length) => length <= film.seconds * kMostOfFilm) ?? fitting[0];
}

/** Whether a way that asks for nothing opens the whole film, although other ways ask for something. */
export function givesAllAway({ paths }: Policy, film: FilmLength | undefined): boolean {
  // All of the film in the small picture only may be meant; a part in it that turns out to be all is not.
  const isMeant = ({ grants }: PolicyPath) => grants?.key_groups !== undefined && !grants.seconds && !grants.slots;
  return (
    paths.some((path) => path.requires) && paths.some((path) => !path.requires && isWhole(path, film) && !isMeant(path))
  );
}

export function isWhole({ grants }: PolicyPath, film: FilmLength | undefined): boolean {
  if (grants?.slots) return film !== undefined && grants.slots[0] === 0 && grants.slots[1] >= film.slots;
  if (grants?.seconds)
    return (
      film !== undefined &&
      Math.floor((grants.seconds[0] * film.slots) / film.seconds) === 0 &&
      reachesEnd(grants.seconds[1], film)
    );
  return true;
}
