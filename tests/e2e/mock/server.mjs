// A make-believe node in memory, for looking at the pages while they are made. Not used by any test: those run the real program.
//   node tests/e2e/mock/server.mjs FILM [PORT]
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { b64, canonical, headerOf, makeIdentity, payloadOf, sealJwe, sha256, signJws, thumbprint } from './crypto.mjs';
import { packageFilm } from './film.mjs';

const [film, port = '8090'] = process.argv.slice(2);
const dist = fileURLToPath(new URL('../../../web/dist', import.meta.url));
const cache = '/tmp/swarma-mock-film';
const owner = makeIdentity();
const kTypes = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml', '.png': 'image/png', '.webmanifest': 'application/manifest+json' };
const kPolicy = "default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' blob: data:; media-src 'self' blob: data:; connect-src 'self'; font-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

const goodwill = { requirement: 'goodwill_ack', params: { text: 'I will tell a friend about this film.' } };
const puzzle = { requirement: 'puzzle_solve', params: { algorithm: 'sha256', difficulty: 19 } };
const code = { requirement: 'allowlist_token', params: { list: 'friends' } };
const ends = (s) => ({ seconds: [0, s] });
const policies = {
  open: { version: 1, paths: [{ id: 'open', grants: { ttl_s: 21600 } }] },
  three: { version: 1, paths: [
    { id: 'preview', grants: { slots: [0, 6], key_groups: ['sd'], ttl_s: 3600 } },
    { id: 'goodwill', requires: goodwill, grants: { ttl_s: 21600, unlock_s: 604800, window_s: 40 } },
    { id: 'puzzle', requires: puzzle, grants: { key_groups: ['sd'], ttl_s: 21600, unlock_s: 86400 } },
    { id: 'friends', label: 'For friends of the studio', requires: { allOf: [code, { anyOf: [goodwill, puzzle] }] }, grants: { ttl_s: 21600, unlock_s: 2592000, max_plays: 3, cooldown_s: 60 } }] },
  locked: { version: 1, paths: [{ id: 'code', requires: code, grants: { ttl_s: 21600, unlock_s: 2592000 } }, { id: 'pay', requires: { requirement: 'crypto_payment', params: { amount: '2', currency: 'EUR' } }, grants: {} }] },
};
const titles = [
  ['Big Buck Bunny', 'three', 'A large rabbit, three small tyrants and one long afternoon in the woods.\n\nA short film made with free tools, and free to share.', ['animation', 'short', 'comedy']],
  ['Sommer auf dem Hof', 'open', 'Ein Tag zwischen Wiese und Wald.', ['dokumentation'], 'de'],
  ['قصة الأرنب الكبير', 'three', 'فيلم قصير عن أرنب هادئ يعرف متى يكفي الصبر.', ['رسوم متحركة'], 'ar'],
  ['The Lighthouse Keeper and the Extraordinarily Long Title That Goes On', 'locked', '', []],
  ['Night Train', 'three', 'Two strangers, one compartment.', ['drama']],
].map(([name, policy, summary, tags, language]) =>
  packageFilm(film, cache, owner, { name, summary, tags, language, policy: policies[policy], texts: name === 'Big Buck Bunny' ? { de: { name: 'Der große Hase', summary: 'Ein großer Hase, drei kleine Tyrannen und ein langer Nachmittag im Wald.' } } : {},
    notes: policy === 'three' ? ['The bitmap subtitles (eng) could not be kept.'] : [] }));
const noPoster = titles[4].record.poster; // the last one shows the stand-in
const blobs = new Map(titles.flatMap((title) => [...title.blobs]));
const actions = new Map();
const jobs = new Map();
const uploads = new Map();
const seenProofs = new Set();

const leafKey = (leaf) => sha256(canonical({ requirement: leaf.requirement, params: leaf.params ?? {} })).toString('hex').slice(0, 16);
const offered = (requires) => requires.requirement ? { ...requires, key: leafKey(requires), available: requires.requirement !== 'crypto_payment' }
  : Object.fromEntries(Object.entries(requires).map(([how, children]) => [how, children.map(offered)]));
const leaves = (requires) => !requires ? [] : requires.requirement ? [requires] : Object.values(requires).flat().flatMap(leaves);
const met = (requires, held) => !requires ? true : requires.requirement ? held.has(leafKey(requires)) : requires.allOf ? requires.allOf.every((r) => met(r, held)) : requires.anyOf.some((r) => met(r, held));
const resolved = (path, record) => {
  const perSlot = record.duration_ms / 1000 / record.slots;
  const { seconds, slots, window_s = 0, ...grants } = path.grants ?? {};
  const end = slots ? Math.min(record.slots, slots[1]) : seconds ? Math.min(record.slots, Math.ceil(seconds[1] / perSlot)) : record.slots;
  return { ttl_s: 21600, unlock_s: 2592000, key_groups: ['hd', 'sd'], ...grants, slots: [slots?.[0] ?? 0, end], window_slots: window_s ? Math.max(1, Math.floor(window_s / perSlot)) : record.slots };
};

class Problem extends Error {
  constructor(status, reason, detail, more = {}) {
    super(detail);
    Object.assign(this, { status, reason, more });
  }
}
const find = (id) => titles.find((title) => title.id === id) ?? (() => { throw new Problem(404, 'title_not_found', 'There is no such title.'); })();
const checkProof = (request, body) => {
  const proof = request.headers.dpop;
  if (!proof) throw new Problem(401, 'invalid_dpop_proof', 'The request has no DPoP proof.');
  const claims = payloadOf(proof);
  if (claims.nonce !== 'mock-nonce') throw new Problem(401, 'use_dpop_nonce', 'Use the nonce.');
  if (body.length > 0 && claims.htd !== createHash('sha256').update(body).digest('base64url')) throw new Problem(401, 'invalid_dpop_proof', 'htd differs.');
  if (seenProofs.has(claims.jti)) throw new Problem(401, 'replayed_proof', 'Seen.');
  seenProofs.add(claims.jti);
  return thumbprint(headerOf(proof).jwk);
};

const routes = {
  'GET /v1/node': () => ({ name: 'Studio Lindenhof', version: '0.0.0', owner: owner.did, agent: { signer: owner.did, encryption: owner.encryption }, limits: { max_upload_bytes: 64e9 }, nonce: 'mock-nonce' }),
  'GET /v1/catalog/search': ({ query }) => {
    const words = (query.get('q') ?? '').toLowerCase().split(/\s+/).filter(Boolean);
    const found = titles.filter(({ record }) => words.every((word) => `${record.name} ${record.summary} ${record.tags.join(' ')}`.toLowerCase().includes(word)));
    return { titles: found.map(({ record }) => ({ title_id: record.title_id, revision: 1, name: record.name, summary: record.summary, language: record.language, tags: record.tags, duration_ms: record.duration_ms,
      slots: record.slots, ...(record.poster !== noPoster || record.name !== 'Night Train' ? { poster: record.poster } : {}), creator: record.creator,
      policy_summary: record.policy.paths.map((path) => ({ path: path.id, label: path.label ?? '', open: !path.requires, requirements: [...new Set(leaves(path.requires).map((leaf) => leaf.requirement))], ...(({ slots, key_groups }) => ({ slots, key_groups }))(resolved(path, record)) })) })) };
  },
  'POST /v1/requirements/offer': ({ json }) => {
    const { record } = find(json.title_id);
    return { title_id: record.title_id, revision: 1, policy_hash: b64(sha256(canonical(record.policy))), slots: record.slots, duration_ms: record.duration_ms,
      paths: record.policy.paths.map((path) => ({ id: path.id, label: path.label ?? '', open: !path.requires, ...(path.requires && { requires: offered(path.requires) }), grants: resolved(path, record) })) };
  },
  'POST /v1/actions/start': ({ json, jkt }) => {
    const { record } = find(json.title_id);
    const leaf = record.policy.paths.flatMap((path) => leaves(path.requires)).find((candidate) => leafKey(candidate) === json.key);
    const id = randomUUID();
    const challenge = json.requirement === 'goodwill_ack' ? { text: leaf.params.text } : json.requirement === 'puzzle_solve' ? { algorithm: 'sha256', difficulty: leaf.params.difficulty, seed: randomBytes(16).toString('hex') } : { list: leaf.params.list };
    actions.set(id, { jkt, leaf, challenge, titleId: json.title_id });
    return { action_id: id, requirement: json.requirement, challenge, expires_at: Math.floor(Date.now() / 1000) + 1800 };
  },
  'POST /v1/actions/complete': ({ json, jkt }) => {
    const { leaf, challenge, titleId } = actions.get(json.action_id) ?? {};
    if (!leaf) throw new Problem(404, 'action_unknown', 'Unknown action.');
    if (leaf.requirement === 'allowlist_token' && json.response.code !== 'FRIEND') throw new Problem(403, 'wrong_code', 'This code is not on the list.');
    if (leaf.requirement === 'puzzle_solve') {
      const digest = BigInt(`0x${sha256(`${challenge.seed}:${json.response.solution}`).toString('hex')}`);
      if (digest >> BigInt(256 - challenge.difficulty) !== 0n) throw new Problem(403, 'wrong_solution', 'Not enough zeros.');
    }
    if (leaf.requirement === 'goodwill_ack' && json.response.text_hash !== b64(sha256(leaf.params.text))) throw new Problem(403, 'wrong_text', 'Other text.');
    const now = Math.floor(Date.now() / 1000);
    return { attestation: signJws(owner, 'swarma-attestation+jwt', { attestation_id: randomUUID(), issuer: owner.did, subject: jkt, title_id: titleId, requirement: leaf.requirement, params: leaf.params, trust: 1, iat: now, exp: now + 900, key: leafKey(leaf) }) };
  },
  'POST /v1/keys/request': ({ json, jkt }) => {
    const { record, trees } = find(json.title_id);
    const path = record.policy.paths.find((candidate) => candidate.id === json.path);
    const grants = resolved(path, record);
    const held = new Set((json.attestations ?? []).map((jws) => payloadOf(jws).key));
    if (!json.unlock && !met(path.requires, held)) throw new Problem(403, 'policy_unmet', 'Something is missing.', { unmet: [{ path: path.id, reason: 'not_proven' }] });
    if (json.slots[1] - json.slots[0] > grants.window_slots) throw new Problem(403, 'outside_scope', 'Too many slots.');
    const now = Math.floor(Date.now() / 1000);
    const grantId = randomUUID();
    const keys = sealJwe(json.encryption_key, JSON.stringify({ grant_id: grantId, groups: Object.fromEntries(json.key_groups.map((group) => [group, trees[group].cover(json.slots)])) }));
    return { grant: signJws(owner, 'swarma-grant+jwt', { grant_id: grantId, unlock_id: randomUUID(), title_id: record.title_id, revision: 1, slots: json.slots, key_groups: json.key_groups, keys, policy_hash: b64(sha256(canonical(record.policy))), path: path.id, aud: jkt, iat: now, exp: now + grants.ttl_s, unlock_until: now + grants.unlock_s }) };
  },
  'POST /v1/links/redeem': ({ json, jkt }) => {
    if (json.link !== 'first') throw new Problem(403, 'link_used', 'This link has been used.');
    const exp = Math.floor(Date.now() / 1000) + 30 * 86400;
    return { token: signJws(owner, 'swarma-token+jwt', { cnf: { jkt }, exp, scope: 'publish' }), expires_at: exp, scope: 'publish' };
  },
  'GET /v1/studio/titles': () => ({ titles: titles.map(({ record, blobs: own }, i) => ({ title_id: record.title_id, revision: 1, name: record.name, summary: record.summary, tags: record.tags, language: record.language, duration_ms: record.duration_ms, slots: record.slots, poster: record.poster, created_at: record.created_at, bytes: [...own.values()].reduce((sum, blob) => sum + blob.bytes.length, 0), unlocks: [1284, 37, 0, 1, 512][i], policy: record.policy })) }),
  'GET /v1/media': () => ({ jobs: [...jobs.values()] }),
  'POST /v1/media': ({ json }) => {
    const job = { media_id: randomUUID(), state: 'working', stage: 'probe', fraction: 0, name: json.name };
    jobs.set(job.media_id, job);
    let step = 0;
    const timer = setInterval(() => {
      step++;
      Object.assign(job, { stage: step < 3 ? 'probe' : step < 24 ? 'encode' : 'sign', fraction: step / 26, speed: 3.4, eta_s: (26 - step) / 2 });
      if (step >= 26) {
        clearInterval(timer);
        Object.assign(job, json.name === 'Broken' ? { state: 'failed', problem: { type: '/problems/file_truncated', detail: 'The file ends too early.' } } : { state: 'done', title_id: titles[0].id, revision: 1, renditions: ['720p', '360p'] });
      }
    }, 500);
    return { media_id: job.media_id };
  },
};

function answer(response, status, body, headers = {}) {
  const bytes = Buffer.from(JSON.stringify(body));
  response.writeHead(status, { 'Content-Type': status < 400 ? 'application/json' : 'application/problem+json', 'DPoP-Nonce': 'mock-nonce', ...headers });
  response.end(bytes);
}

function page(url, response) {
  const path = join(dist, url.pathname);
  const file = existsSync(path) && extname(path) ? path : join(dist, 'index.html');
  response.writeHead(200, { 'Content-Type': kTypes[extname(file)] ?? 'application/octet-stream', 'Content-Security-Policy': kPolicy });
  response.end(readFileSync(file));
}

function tus(request, response, url, body) {
  const id = url.pathname.split('/')[3];
  const common = { 'Tus-Resumable': '1.0.0', 'DPoP-Nonce': 'mock-nonce' };
  if (request.method === 'POST') {
    const made = randomUUID();
    uploads.set(made, { length: Number(request.headers['upload-length']), offset: 0 });
    response.writeHead(201, { ...common, Location: `/v1/uploads/${made}` }).end();
  } else if (!uploads.has(id)) response.writeHead(404, common).end();
  else {
    const upload = uploads.get(id);
    if (request.method === 'PATCH') upload.offset += body.length;
    const wait = request.method === 'PATCH' ? 150 : 0;
    setTimeout(() => response.writeHead(request.method === 'HEAD' ? 200 : 204, { ...common, 'Upload-Offset': upload.offset, 'Upload-Length': upload.length }).end(), wait);
  }
}

function events(response, id) {
  response.writeHead(200, { 'Content-Type': 'text/event-stream', 'DPoP-Nonce': 'mock-nonce' });
  const timer = setInterval(() => {
    const job = jobs.get(id);
    response.write(`event: progress\ndata: ${JSON.stringify(job)}\n\n`);
    if (job.state !== 'working') (clearInterval(timer), response.end());
  }, 300);
}

createServer(async (request, response) => {
  const url = new URL(request.url, `http://localhost:${port}`);
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const body = Buffer.concat(chunks);
  const blob = /^\/([0-9a-f]{64})(\.[a-z0-9]+)?$/.exec(url.pathname);
  try {
    if (blob) {
      const found = blobs.get(blob[1]);
      if (!found) return answer(response, 404, { type: '/problems/blob_not_found' });
      response.writeHead(200, { 'Content-Type': found.type, 'Content-Length': found.bytes.length, 'Cache-Control': 'public, max-age=31536000, immutable' });
      return response.end(found.bytes);
    }
    if (!url.pathname.startsWith('/v1/')) return page(url, response);
    const signed = request.headers.dpop !== undefined;
    const jkt = signed ? checkProof(request, body) : '';
    if (url.pathname.startsWith('/v1/uploads')) return tus(request, response, url, body);
    const job = /^\/v1\/media\/([^/]+)(\/events)?$/.exec(url.pathname);
    if (job?.[2]) return events(response, job[1]);
    const title = /^\/v1\/titles\/([a-z2-7]{26})(\/revise)?$/.exec(url.pathname);
    if (title?.[2]) return answer(response, 200, { title_id: title[1], revision: 2 });
    if (title) return answer(response, 200, { record: find(title[1]).jws, title: find(title[1]).record });
    const route = routes[`${request.method} ${url.pathname}`];
    if (!route) return answer(response, 404, { type: '/problems/not_found', detail: 'No such route.' });
    answer(response, 200, route({ json: body.length ? JSON.parse(body) : {}, query: url.searchParams, jkt }));
  } catch (error) {
    if (!(error instanceof Problem)) console.error(error);
    answer(response, error.status ?? 500, { type: `/problems/${error.reason ?? 'internal'}`, detail: error.message, ...error.more });
  }
}).listen(Number(port), '127.0.0.1', () => console.log(`http://localhost:${port}`));
