// Title records, details and media playlists, each checked before use.
import { fetchBlob, kMaxDetailsBytes, kMaxPlaylistBytes } from './blob.ts';
import { canonicalJson, fromBase32, fromBase64url, fromUtf8, sha256, toBase32, toBase64url, utf8 } from './encoding.ts';
import { SwarmaError } from './errors.ts';
import { parseJson, peekJws, verifyJws } from './jose.ts';
import { kMaxSlots } from './key-tree.ts';
import { type Vault, vaultKey } from './store.ts';
import type { Policy, TitleDetails, TitleRecord, Track } from './wire.ts';

const kMaxRecordBytes = 8 * 1024;
const kHex64 = /^[0-9a-f]{64}$/;

export async function makeTitleId(creator: string, nonce: string): Promise<string> {
  const digest = await sha256(utf8(`swarma/1 title\n${creator}\n${nonce}`));
  return toBase32(digest.subarray(0, 16));
}

/**
 * The record in `jws`, if it is signed by the creator of `titleId`. The id is a hash over the creator's key, so it does
 * not matter who delivered the record.
 */
export async function verifyRecord(jws: string, titleId: string): Promise<TitleRecord> {
  if (jws.length > kMaxRecordBytes) throw new SwarmaError('record_forged', 'The title record is too large.');
  const claimed = peekJws(jws);
  if (typeof claimed.creator !== 'string' || typeof claimed.nonce !== 'string')
    throw new SwarmaError('record_forged', 'The title record names no creator.');
  if (claimed.title_id !== titleId || (await makeTitleId(claimed.creator, claimed.nonce)) !== titleId) {
    throw new SwarmaError('record_forged', 'The title record belongs to another title.');
  }
  const record = (await verifyJws(jws, 'swarma-title+jwt', claimed.creator, 'record_forged')) as unknown as TitleRecord;
  checkRecord(record);
  return record;
}

function checkRecord(record: TitleRecord): void {
  const ok =
    Number.isSafeInteger(record.revision) &&
    record.revision >= 1 &&
    Number.isInteger(record.slots) &&
    record.slots >= 1 &&
    record.slots <= kMaxSlots &&
    record.duration_ms > 0 &&
    typeof record.name === 'string' &&
    Array.isArray(record.key_groups) &&
    record.key_groups.every((group) => typeof group === 'string') &&
    [record.playlist, record.details, ...(record.poster ? [record.poster] : [])].every((id) => kHex64.test(id)) &&
    typeof record.agent?.signer === 'string' &&
    Array.isArray(record.policy?.paths);
  if (!ok || record.scheme !== 'aes-256-gcm')
    throw new SwarmaError('answer_bad', 'The title record is of a kind this page does not know.');
  if (fromBase64url(record.salt).length !== 16) throw new SwarmaError('answer_bad', 'The title record has a bad salt.');
  fromBase32(record.title_id);
}

export async function policyHash(policy: Policy): Promise<string> {
  return toBase64url(await sha256(utf8(canonicalJson(policy))));
}

/** Remembers the newest revision seen of each title. Refuses older ones, and other content under the same revision. */
export class RevisionMemory {
  readonly #vault: Vault;

  constructor(vault: Vault) {
    this.#vault = vault;
  }

  async accept(record: TitleRecord): Promise<void> {
    const name = vaultKey<{ revision: number; digest: string }>(`seen/${record.title_id}`);
    const digest = toBase64url(await sha256(utf8(canonicalJson(record))));
    const seen = await this.#vault.get(name);
    if (seen && record.revision < seen.revision) {
      throw new SwarmaError(
        'record_older',
        `Revision ${record.revision} of this title is older than ${seen.revision}, which this browser has seen.`,
      );
    }
    if (seen && record.revision === seen.revision && digest !== seen.digest) {
      throw new SwarmaError('record_forked', 'Two different records with the same revision exist of this title.');
    }
    if (!seen || record.revision > seen.revision) await this.#vault.put(name, { revision: record.revision, digest });
  }
}

export async function fetchDetails(
  record: TitleRecord,
  sources: readonly string[],
  signal?: AbortSignal,
): Promise<TitleDetails> {
  const { bytes } = await fetchBlob(record.details, { sources, maxBytes: kMaxDetailsBytes, signal });
  return parseDetails(fromUtf8(bytes), record);
}

function parseDetails(text: string, record: Pick<TitleRecord, 'key_groups'>): TitleDetails {
  const value = parseJson(text) as TitleDetails;
  const ok =
    Array.isArray(value?.tracks) &&
    value.tracks.every(
      (track) =>
        typeof track.id === 'string' && kHex64.test(track.playlist) && record.key_groups.includes(track.key_group),
    );
  if (!ok) throw new SwarmaError('answer_bad', 'The details of the title are not in order.');
  return value;
}

export interface PlaylistSegment {
  blob: string;
  extension: string;
  start: number; // seconds
  seconds: number;
}

export interface MediaPlaylist {
  init: string | undefined;
  segments: PlaylistSegment[];
}

/** Parses exactly the subset of HLS that the packager writes: `<sha256>.<ext>` after every EXTINF. */
export function parseMediaPlaylist(text: string): MediaPlaylist {
  const out: MediaPlaylist = { init: undefined, segments: [] };
  let seconds: number | undefined;
  let start = 0;
  for (const line of text.split('\n')) {
    const map = /^#EXT-X-MAP:URI="([0-9a-f]{64})\.[a-z0-9]+"$/.exec(line);
    const info = /^#EXTINF:([0-9.]+),/.exec(line);
    const uri = /^([0-9a-f]{64})\.([a-z0-9]+)$/.exec(line);
    if (map) out.init = map[1];
    else if (info) seconds = Number(info[1]);
    else if (uri && seconds !== undefined) {
      out.segments.push({ blob: uri[1] as string, extension: uri[2] as string, start, seconds });
      start += seconds;
      seconds = undefined;
    } else if (line !== '' && !line.startsWith('#'))
      throw new SwarmaError('answer_bad', 'A playlist has a line that is no segment.');
    if (out.segments.length > kMaxSlots) throw new SwarmaError('answer_bad', 'A playlist has too many segments.');
  }
  return out;
}

export async function fetchMediaPlaylist(
  track: Track,
  slots: number,
  sources: readonly string[],
  signal?: AbortSignal,
): Promise<MediaPlaylist> {
  const { bytes } = await fetchBlob(track.playlist, {
    sources,
    maxBytes: kMaxPlaylistBytes,
    extension: 'm3u8',
    signal,
  });
  const playlist = parseMediaPlaylist(fromUtf8(bytes));
  if (playlist.segments.length !== slots)
    throw new SwarmaError('answer_bad', 'A track has another number of segments than the title has slots.');
  return playlist;
}
