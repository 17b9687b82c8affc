// Packages a film with the ffmpeg command line into the blobs and the record of a title: for looking at the pages without a node.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, existsSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { b64, KeyTree, sealSegment, sha256, signJws, titleId } from './crypto.mjs';

const kSlotSeconds = 4;

function run(...args) {
  execFileSync('ffmpeg', ['-v', 'error', '-y', ...args], { stdio: ['ignore', 'ignore', 'inherit'] });
}

function hls(out, name, ...codec) {
  const folder = join(out, name);
  if (existsSync(join(folder, 'list.m3u8'))) return folder;
  mkdirSync(folder, { recursive: true });
  run(...codec, '-f', 'hls', '-hls_time', String(kSlotSeconds), '-hls_segment_type', 'fmp4', '-hls_playlist_type', 'vod', '-hls_fmp4_init_filename', 'init.mp4',
    '-hls_segment_filename', join(folder, 's%04d.m4s'), join(folder, 'list.m3u8'));
  return folder;
}

function readTrack(folder) {
  const list = readFileSync(join(folder, 'list.m3u8'), 'utf8');
  const seconds = [...list.matchAll(/#EXTINF:([0-9.]+)/g)].map((match) => Number(match[1]));
  const segments = readdirSync(folder).filter((name) => name.startsWith('s')).sort().map((name) => readFileSync(join(folder, name)));
  return { init: readFileSync(join(folder, 'init.mp4')), segments, seconds };
}

const vttTime = (seconds) => new Date(seconds * 1000).toISOString().slice(11, 23);

/** Cuts `file` once into a cache folder; encrypts it anew for every title. */
export function packageFilm(file, cache, creator, options) {
  mkdirSync(cache, { recursive: true });
  const enc = (height, rate) => ['-i', file, '-map', '0:v:0', '-an', '-vf', `scale=-2:${height}`, '-c:v', 'libx264', '-preset', 'veryfast', '-b:v', rate, '-maxrate', rate, '-bufsize', rate,
    '-force_key_frames', `expr:gte(t,n_forced*${kSlotSeconds})`, '-sc_threshold', '0', '-pix_fmt', 'yuv420p'];
  const v360 = readTrack(hls(cache, 'v360', ...enc(360, '500k')));
  const v720 = readTrack(hls(cache, 'v720', ...enc(720, '1800k')));
  const audio = readTrack(hls(cache, 'a1', '-i', file, '-map', '0:a:0', '-vn', '-c:a', 'aac', '-ac', '2', '-b:a', '96k'));
  const slots = Math.min(v360.segments.length, v720.segments.length, audio.segments.length);
  const seconds = v360.seconds.slice(0, slots);
  const starts = seconds.map((_, i) => seconds.slice(0, i).reduce((a, b) => a + b, 0));
  if (!existsSync(join(cache, 'poster.jpg'))) run('-ss', '20', '-i', file, '-frames:v', '1', '-vf', 'scale=1280:-2', join(cache, 'poster.jpg'));
  if (!existsSync(join(cache, 'sb'))) {
    mkdirSync(join(cache, 'sb'));
    run('-i', file, '-vf', `fps=1/${kSlotSeconds},scale=160:-2`, join(cache, 'sb', '%04d.jpg'));
  }
  const tiles = readdirSync(join(cache, 'sb')).sort();

  const secret = randomBytes(32);
  const salt = randomBytes(16);
  const nonce = b64(randomBytes(16));
  const id = titleId(creator.did, nonce);
  const trees = { sd: new KeyTree(secret, 'sd', slots), hd: new KeyTree(secret, 'hd', slots) };
  const blobs = new Map();
  const put = (bytes, type) => {
    const name = sha256(bytes).toString('hex');
    blobs.set(name, { bytes: Buffer.from(bytes), type });
    return name;
  };
  const addTrack = (kind, key, group, extension, segments, init, more) => {
    const track = `${key}-${randomBytes(4).toString('hex')}`;
    const lines = ['#EXTM3U', '#EXT-X-VERSION:7', '#EXT-X-TARGETDURATION:5', '#EXT-X-MEDIA-SEQUENCE:0', '#EXT-X-PLAYLIST-TYPE:VOD'];
    if (init) lines.push(`#EXT-X-MAP:URI="${put(init, 'video/mp4')}.mp4"`);
    let bytes = 0;
    segments.slice(0, slots).forEach((segment, slot) => {
      const stored = sealSegment(trees[group].contentKey(slot, track), id.raw, salt, track, slot, segment);
      bytes += stored.length;
      lines.push(`#EXTINF:${seconds[slot].toFixed(6)},`, `#EXT-X-SWARMA-BYTES:${stored.length}`, `${put(stored, 'application/octet-stream')}.${extension}`);
    });
    lines.push('#EXT-X-ENDLIST', '');
    return { id: track, kind, key_group: group, playlist: put(lines.join('\n'), 'application/vnd.apple.mpegurl'), bytes, ...more };
  };
  const cues = (words) => seconds.map((length, slot) =>
    `WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:0,LOCAL:00:00:00.000\n\n${vttTime(starts[slot] + 0.3)} --> ${vttTime(starts[slot] + length - 0.3)}\n${words} ${slot + 1}\n`);
  const tracks = [
    addTrack('video', 'v360', 'sd', 'm4s', v360.segments, v360.init, { name: '360p', width: 640, height: 360, codecs: 'avc1.64001e', bandwidth: 900000, average_bandwidth: 500000, frame_rate: 24 }),
    addTrack('video', 'v720', 'hd', 'm4s', v720.segments, v720.init, { name: '720p', width: 1280, height: 720, codecs: 'avc1.64001f', bandwidth: 2600000, average_bandwidth: 1800000, frame_rate: 24 }),
    addTrack('audio', 'a1-en', 'sd', 'm4s', audio.segments, audio.init, { name: 'English', language: 'en', codecs: 'mp4a.40.2', channels: 2, bandwidth: 110000, average_bandwidth: 96000 }),
    addTrack('captions', 'c-en', 'sd', 'vtt', cues('Scene'), undefined, { name: 'English', language: 'en' }),
    addTrack('captions', 'c-de', 'sd', 'vtt', cues('Szene'), undefined, { name: 'Deutsch', language: 'de' }),
    addTrack('storyboard', 'storyboard', 'sd', 'jpg', Array.from({ length: slots }, (_, i) => readFileSync(join(cache, 'sb', tiles[Math.min(i, tiles.length - 1)]))), undefined, { name: 'Storyboard', width: 160, height: 90 }),
  ];
  const [sd, hd, sound, en, de] = tracks;
  const multi = ['#EXTM3U', '#EXT-X-VERSION:7', '#EXT-X-INDEPENDENT-SEGMENTS',
    `#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio",NAME="English",LANGUAGE="en",DEFAULT=YES,AUTOSELECT=YES,CHANNELS="2",URI="${sound.playlist}.m3u8"`,
    ...[en, de].map((c) => `#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="captions",NAME="${c.name}",LANGUAGE="${c.language}",DEFAULT=NO,AUTOSELECT=YES,URI="${c.playlist}.m3u8"`),
    ...[sd, hd].flatMap((v) => [`#EXT-X-STREAM-INF:BANDWIDTH=${v.bandwidth + sound.bandwidth},AVERAGE-BANDWIDTH=${v.average_bandwidth + sound.average_bandwidth},CODECS="${v.codecs},mp4a.40.2",RESOLUTION=${v.width}x${v.height},FRAME-RATE=24.000,AUDIO="audio",SUBTITLES="captions"`, `${v.playlist}.m3u8`]), ''].join('\n');
  const details = put(JSON.stringify({ tracks, texts: options.texts ?? {}, notes: options.notes ?? [] }), 'application/json');
  const record = {
    title_id: id.text, nonce, revision: 1, creator: creator.did, created_at: Math.floor(Date.now() / 1000) - 86400 * 3, name: options.name, language: options.language ?? 'en',
    summary: options.summary ?? '', tags: options.tags ?? [], duration_ms: Math.round(seconds.reduce((a, b) => a + b, 0) * 1000), slots, scheme: 'aes-256-gcm', salt: b64(salt),
    key_groups: ['hd', 'sd'], playlist: put(multi, 'application/vnd.apple.mpegurl'), details, poster: put(readFileSync(join(cache, 'poster.jpg')), 'image/jpeg'),
    policy: options.policy, agent: { signer: creator.did, encryption: creator.encryption },
  };
  return { id: id.text, record, jws: signJws(creator, 'swarma-title+jwt', record), blobs, trees };
}
