// A free preview must leave something to unlock: how long it may be, and whether terms open the whole film to
// everybody.
import type { Policy, PolicyPath } from '@swarma/client';

/** The length of a film, and the number of slots into which it is cut: grants open whole slots. */
export interface FilmLength {
  seconds: number;
  slots: number;
  /** The key groups of its qualities, when they are known. */
  groups?: string[];
}

const kUsualSlotSeconds = 4;
const kLengths = [1, 2, 3, 5, 10, 15, 20, 30, 45, 60, 90, 120]; // of a preview, in seconds
const kMostOfFilm = 1 / 4;

/** The length of a film that is not cut yet: the number of slots is an estimate. */
export function uncut(seconds: number): FilmLength {
  return { seconds, slots: Math.max(1, Math.ceil(seconds / kUsualSlotSeconds)) };
}

export function secondsOfSlot(slot: number, film: FilmLength | undefined): number {
  return slot * (film ? film.seconds / film.slots : kUsualSlotSeconds);
}

/** Whether the seconds up to `end` cover the whole film. The node counts whole slots, rounded up. */
function reachesEnd(end: number, { seconds, slots }: FilmLength): boolean {
  return Math.ceil((end * slots) / seconds) >= slots;
}

/** The usual length of a preview in seconds; undefined when any preview would open the whole film. */
export function previewThatFits(film: FilmLength): number | undefined {
  const fitting = kLengths.filter((length) => !reachesEnd(length, film));
  return fitting.findLast((length) => length <= film.seconds * kMostOfFilm) ?? fitting[0];
}

/** Whether one way opens the whole film for nothing although other ways ask for something. */
export function givesAllAway({ paths }: Policy, film: FilmLength | undefined): boolean {
  // Opening the whole film in low quality can be intended. A part that happens to cover the whole film is a mistake.
  const isMeant = ({ grants }: PolicyPath) => grants?.key_groups !== undefined && !grants.seconds && !grants.slots;
  return (
    paths.some((path) => path.requires) && paths.some((path) => !path.requires && isWhole(path, film) && !isMeant(path))
  );
}

export function isWhole({ grants }: PolicyPath, film: FilmLength | undefined): boolean {
  if (grants?.pass) return false;
  if (grants?.slots) return film !== undefined && grants.slots[0] === 0 && grants.slots[1] >= film.slots;
  if (grants?.seconds)
    return (
      film !== undefined &&
      Math.floor((grants.seconds[0] * film.slots) / film.seconds) === 0 &&
      reachesEnd(grants.seconds[1], film)
    );
  return true;
}
