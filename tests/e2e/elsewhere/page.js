// The script of a page on another origin that uploads to a node: signs in, signs every request, and drives two clients of tus that
// know nothing of each other. Written from the protocol page alone; the pages of the node have no part in it.
import { createUploader } from '@rpldy/uploader';
import { getTusEnhancer } from '@rpldy/tus-sender';
import { Upload } from 'tus-js-client';

const kChunkBytes = 256 << 10;
const encode = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes))).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
const text = (value) => encode(new TextEncoder().encode(JSON.stringify(value)));
const digest = async (bytes) => encode(await crypto.subtle.digest('SHA-256', bytes));

const pass = { keys: undefined, jwk: undefined, nonce: '', token: '' };

/** The headers of one request: a proof by this page's key, and the token. */
async function signed(method, url, body) {
  const claims = { jti: crypto.randomUUID(), htm: method, htu: url.split('?')[0], iat: Math.floor(Date.now() / 1000), nonce: pass.nonce };
  if (body?.byteLength) claims.htd = await digest(body);
  if (pass.token) claims.ath = await digest(new TextEncoder().encode(pass.token));
  const head = `${text({ alg: 'EdDSA', jwk: pass.jwk, typ: 'dpop+jwt' })}.${text(claims)}`;
  const signature = await crypto.subtle.sign('Ed25519', pass.keys.privateKey, new TextEncoder().encode(head));
  return { DPoP: `${head}.${encode(signature)}`, ...(pass.token && { Authorization: `DPoP ${pass.token}` }) };
}

window.signIn = async (node, link) => {
  pass.keys = await crypto.subtle.generateKey('Ed25519', false, ['sign', 'verify']);
  const { crv, kty, x } = await crypto.subtle.exportKey('jwk', pass.keys.publicKey);
  pass.jwk = { crv, kty, x };
  pass.nonce = (await (await fetch(`${node}/v1/node`)).json()).nonce;
  const body = new TextEncoder().encode(JSON.stringify({ link: new URL(link).hash.slice(1) }));
  const headers = { 'Content-Type': 'application/json', ...(await signed('POST', `${node}/v1/links/redeem`, body)) };
  const answer = await fetch(`${node}/v1/links/redeem`, { method: 'POST', body, headers });
  pass.token = (await answer.json()).token;
};

const bytesOf = async (body) => (body instanceof Blob ? body.arrayBuffer() : body ?? undefined);
const film = async () => new File([await (await fetch('/film')).arrayBuffer()], 'film.bin', { type: 'video/mp4', lastModified: 0 });

/** tus-js-client, with the proof made where its documentation says: before each request. Resolves to the upload's address. */
async function sendByTusJsClient(node, seen) {
  const file = await film();
  return new Promise((resolve, reject) => {
    const upload = new Upload(file, {
      endpoint: `${node}/v1/uploads`,
      chunkSize: kChunkBytes,
      retryDelays: Array(40).fill(250),
      // As usual but for navigator.onLine; and 401, since a browser sends a request again by itself when its connection breaks: the
      // node has then seen the proof.
      onShouldRetry: (error) => [0, 401, 409, 423].includes(error.originalResponse?.getStatus() ?? 0),
      metadata: { filename: file.name, filetype: file.type },
      onBeforeRequest: (request) => {
        const send = request.send.bind(request);
        request.send = async (body) => {
          const bytes = await bytesOf(body);
          for (const [name, value] of Object.entries(await signed(request.getMethod(), request.getURL(), bytes))) request.setHeader(name, value);
          return send(body);
        };
      },
      onAfterResponse: (request, response) => {
        pass.nonce = response.getHeader('DPoP-Nonce') ?? pass.nonce;
        seen.push({ method: request.getMethod(), status: response.getStatus(), offset: response.getHeader('Upload-Offset'), version: response.getHeader('Tus-Resumable'), expires: response.getHeader('Upload-Expires') });
      },
      onSuccess: () => resolve(upload.url),
      onError: reject,
    });
    upload.findPreviousUploads().then(([before]) => {
      if (before) upload.resumeFromPreviousUpload(before);
      upload.start();
    }, reject);
  });
}

/** The tus sender of Uploady, which has no place for proofs: they are made under it, in XMLHttpRequest. */
async function sendByUploady(node, seen) {
  signEveryXhr(seen);
  for (let attempt = 1; ; attempt++) {
    const ended = await uploadOnce(node, await film());
    if (ended.state === 'finished') return ended.uploadResponse.location;
    if (attempt === 40) throw new Error(`It gave up: ${JSON.stringify(ended.uploadResponse)}`);
    await new Promise((resolve) => setTimeout(resolve, 250)); // somebody who presses "again"
  }
}

function uploadOnce(node, file) {
  return new Promise((resolve) => {
    const uploader = createUploader({ autoUpload: true, destination: { url: `${node}/v1/uploads` }, enhancer: getTusEnhancer({ chunkSize: kChunkBytes, featureDetection: true }), params: { filename: file.name } });
    uploader.on('FILE-FINALIZE', resolve);
    uploader.add(file);
  });
}

function signEveryXhr(seen) {
  const { open, send } = XMLHttpRequest.prototype;
  const asked = new WeakMap();
  XMLHttpRequest.prototype.open = function (method, url, ...more) {
    asked.set(this, { method, url: String(url) });
    return open.call(this, method, url, ...more);
  };
  XMLHttpRequest.prototype.send = async function (body) {
    const { method, url } = asked.get(this);
    this.addEventListener('load', () => {
      pass.nonce = this.getResponseHeader('DPoP-Nonce') ?? pass.nonce;
      const read = (name) => this.getResponseHeader(name) ?? undefined;
      seen.push({ method, status: this.status, offset: read('Upload-Offset'), version: read('Tus-Resumable'), expires: read('Upload-Expires'), extensions: read('Tus-Extension') });
    });
    if (method !== 'OPTIONS') for (const [name, value] of Object.entries(await signed(method, url, await bytesOf(body)))) this.setRequestHeader(name, value);
    return send.call(this, body);
  };
}

window.sendFilm = (client, node) => {
  window.seen = [];
  window.ended = undefined;
  (client === 'tus-js-client' ? sendByTusJsClient : sendByUploady)(node, window.seen).then(
    (address) => (window.ended = { address }),
    (error) => (window.ended = { error: String(error) }),
  );
};
