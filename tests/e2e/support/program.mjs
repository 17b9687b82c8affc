// The program under test: nodes as processes, films, publishing from the command line.
import { execFile, execFileSync, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { cpSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const repository = fileURLToPath(new URL('../../..', import.meta.url));
export const program = process.env.SWARMA ?? join(repository, 'build/swarma');
export const media = process.env.SWARMA_MEDIA ?? join(repository, '../shared/media');

const run = promisify(execFile);

/** A port that stays free while a node is down: below those that the kernel gives to connections. */
export async function freePort() {
  for (;;) {
    const port = randomInt(10_000, 32_768);
    const server = createServer().listen(port, '127.0.0.1');
    const isFree = await new Promise((resolve) => server.once('listening', () => resolve(true)).once('error', () => resolve(false)));
    if (!isFree) continue;
    await new Promise((resolve) => server.close(resolve));
    return port;
  }
}

/** `swarma serve` on a port that stays the same over restarts. */
export class Node {
  static async start(data, ...options) {
    const node = new Node();
    node.data = data;
    node.options = options;
    node.port = await freePort();
    node.url = `http://127.0.0.1:${node.port}`;
    await node.start();
    return node;
  }

  async start() {
    const log = openSync(`${this.data}.log`, 'a');
    this.process = spawn(program, ['serve', '--data', this.data, '--listen', `127.0.0.1:${this.port}`, '--json', ...this.options], { stdio: ['ignore', 'pipe', log] });
    const line = await new Promise((resolve, reject) => {
      createInterface(this.process.stdout).once('line', resolve);
      this.process.once('exit', (code) => reject(new Error(`The node ended with ${code}: ${readFileSync(`${this.data}.log`, 'utf8').slice(-1000)}`)));
    });
    this.ready = JSON.parse(line);
  }

  /** The same node with further options. */
  async restart(...options) {
    await this.kill('SIGTERM');
    this.options = [...this.options, ...options];
    await this.start();
  }

  /** A fresh one-time link to the studio. */
  async link() {
    return JSON.parse((await run(program, ['link', '--node', this.url, '--data', this.data, '--json'])).stdout).link;
  }

  async kill(signal = 'SIGKILL') {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    const gone = new Promise((resolve) => this.process.once('exit', resolve));
    this.process.kill(signal);
    await gone;
  }
}

export async function publish(node, file, title, policy, ...more) {
  let policyArgument = policy;
  if (typeof policy === 'object') {
    policyArgument = join(mkdtempSync(join(tmpdir(), 'policy-')), 'policy.json');
    writeFileSync(policyArgument, JSON.stringify(policy));
  }
  const args = ['publish', file, '--node', node.url, '--data', node.data, '--title', title, '--policy', policyArgument, '--json', ...more];
  return JSON.parse((await run(program, args, { maxBuffer: 1 << 24 })).stdout);
}

/** A film with a moving picture, a tone, and English captions that name the second. */
export function makeFilm(folder, { seconds, size, name = 'film' }) {
  const file = join(folder, `${name}.mp4`);
  execFileSync('ffmpeg', ['-v', 'error', '-y', '-f', 'lavfi', '-i', `testsrc2=size=${size}:rate=25:duration=${seconds}`, '-f', 'lavfi', '-i', `sine=frequency=440:duration=${seconds}`,
    '-c:v', 'libx264', '-preset', 'ultrafast', '-b:v', '3M', '-pix_fmt', 'yuv420p', '-c:a', 'aac', '-metadata:s:a:0', 'language=eng', '-movflags', '+faststart', file]);
  const two = (n) => String(n).padStart(2, '0');
  const stamp = (s) => `00:${two(Math.floor(s / 60))}:${two(s % 60)},000`;
  const captions = join(folder, `${name}.en.srt`);
  writeFileSync(captions, Array.from({ length: seconds - 1 }, (_, i) => `${i + 1}\n${stamp(i)} --> ${stamp(i + 1)}\nSecond ${i}\n`).join('\n'));
  return { file, captions };
}

const agree = { requirement: 'goodwill_ack', params: { text: 'I will tell a friend.' } };
const puzzle = { requirement: 'puzzle_solve', params: { algorithm: 'sha256', difficulty: 16 } };
const hardPuzzle = { requirement: 'puzzle_solve', params: { algorithm: 'sha256', difficulty: 22 } };

/** Titles that the tests share, and their terms. */
export const kTitles = {
  open: 'open',
  mixed: {
    version: 1,
    paths: [
      { id: 'preview', grants: { slots: [0, 4], key_groups: ['sd'] } },
      { id: 'goodwill', requires: agree, grants: { unlock_s: 86400, window_s: 20 } },
      { id: 'puzzle', requires: puzzle, grants: { unlock_s: 86400 } },
      { id: 'both', requires: { allOf: [agree, { anyOf: [hardPuzzle, puzzle] }] }, grants: { unlock_s: 86400 } },
    ],
  },
  expiring: { version: 1, paths: [{ id: 'goodwill', requires: agree, grants: { ttl_s: 30, unlock_s: 30, window_s: 8 } }] },
  code: 'code:OPEN-SESAME',
};

/** A data folder with a node's identity and all titles; made once, copied by every test file. */
export async function makeTemplate(folder) {
  const data = join(folder, 'template');
  const node = await Node.start(data);
  const long = makeFilm(folder, { seconds: 60, size: '1280x720' });
  // Longer than a player buffers, so that there is something left to ask for.
  const endless = makeFilm(folder, { seconds: 180, size: '320x180', name: 'endless' });
  const titles = {};
  for (const [name, policy] of Object.entries(kTitles)) {
    const film = name === 'mixed' || name === 'open' ? long : endless;
    titles[name] = (await publish(node, film.file, `Film ${name}`, policy, '--captions', `en=${film.captions}`)).title_id;
  }
  await node.kill('SIGTERM');
  const picture = join(folder, 'red.png');
  execFileSync('ffmpeg', ['-v', 'error', '-y', '-f', 'lavfi', '-i', 'color=red:size=640x360', '-frames:v', '1', picture]);
  writeFileSync(join(folder, 'template.json'), JSON.stringify({ data, titles, film: long.file, captions: long.captions, picture }));
}

/** A node of one's own on a copy of the template. */
export async function openWorld(...options) {
  const template = JSON.parse(readFileSync(join(process.env.E2E_FOLDER, 'template.json'), 'utf8'));
  const folder = mkdtempSync(join(process.env.E2E_FOLDER, 'world-'));
  const data = join(folder, 'data');
  cpSync(template.data, data, { recursive: true });
  const node = await Node.start(data, ...options);
  return {
    ...template,
    folder,
    node,
    titlePath: (name) => `/t/${template.titles[name]}`,
    close: async () => {
      await node.kill('SIGTERM');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

if (!existsSync(program)) throw new Error(`There is no program at ${program}. Build it, or name it in $SWARMA.`);
