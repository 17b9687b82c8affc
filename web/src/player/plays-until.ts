const kGapSeconds = 0.5; // between two ranges that play through
const kEnough = 1; // less than so many seconds are no playing on

/** How far playback goes on from `here` through these ranges of seconds; undefined when it does not. */
export function playsUntil(
  here: number,
  ranges: readonly (readonly [begin: number, end: number])[],
): number | undefined {
  let until = here;
  for (const [begin, end] of [...ranges].sort(([a], [b]) => a - b))
    if (begin <= until + kGapSeconds) until = Math.max(until, end);
  return until > here + kEnough ? until : undefined;
}
