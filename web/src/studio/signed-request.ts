// The HTTP of tus with a proof on every request, and problems as SwarmaErrors.
//
// XMLHttpRequest rather than fetch: it tells when bytes stop leaving. A connection can die without a word (the laptop slept, the
// router forgot it); a request on it would wait for ever. Whatever makes no progress for kStallMs counts as unreachable.
import { readProblem, SwarmaError } from '@swarma/client';
import type { HttpRequest, HttpResponse, HttpStack } from 'tus-js-client';
import { client } from '../frame/client.ts';

const kStallMs = 20_000; // less than the node waits for a byte (--body-timeout), so that both agree the connection is gone
const kGone = [404, 410];

export const signedStack: HttpStack = {
  createRequest: (method, url) => new SignedRequest(method, url),
  getName: () => 'signed XMLHttpRequest',
};

class SignedRequest implements HttpRequest {
  readonly #method: string;
  readonly #url: string;
  readonly #headers = new Headers();
  readonly #abort = new AbortController();

  constructor(method: string, url: string) {
    this.#method = method;
    this.#url = new URL(url, window.location.origin).href;
  }

  getMethod = () => this.#method;
  getURL = () => this.#url;
  setHeader = (name: string, value: string) => this.#headers.set(name, value);
  getHeader = (name: string) => this.#headers.get(name) ?? undefined;
  setProgressHandler = () => undefined; // progress is told by chunk: what the node has accepted
  getUnderlyingObject = () => undefined;
  abort = async () => this.#abort.abort();

  async send(body: Blob | undefined): Promise<HttpResponse> {
    const bytes = body ? new Uint8Array(await body.arrayBuffer()) : undefined;
    for (let attempt = 1; ; attempt++) {
      const response = await this.#sendOnce(bytes);
      // tus begins a new upload when the old one is gone. Whatever else the node says of it is no reason to throw away what it has.
      if (response.ok || (this.#method === 'HEAD' && kGone.includes(response.status))) return asTusResponse(response);
      const problem = await readProblem(response);
      if (problem.reason === 'use_dpop_nonce' && attempt === 1) continue;
      throw problem;
    }
  }

  async #sendOnce(bytes: Uint8Array<ArrayBuffer> | undefined): Promise<Response> {
    const response = await this.#sendSigned(bytes);
    // An answer to HEAD has no body that says why it is refused: a fresh nonce is worth one more try.
    if (this.#method === 'HEAD' && response.status === 401 && response.headers.has('DPoP-Nonce')) return this.#sendSigned(bytes);
    return response;
  }

  async #sendSigned(bytes: Uint8Array<ArrayBuffer> | undefined): Promise<Response> {
    for (const [name, value] of Object.entries(await client.creator.headers(this.#method, this.#url, bytes, this.#headers))) this.#headers.set(name, value);
    const response = await exchange(this.#method, this.#url, this.#headers, bytes, this.#abort.signal);
    client.creator.rememberNonce(response.headers.get('DPoP-Nonce'));
    return response;
  }
}

/** One request and its whole answer. Rejects with `aborted`, or with `node_unreachable` when the connection breaks or stalls. */
function exchange(method: string, url: string, headers: Headers, body: Uint8Array<ArrayBuffer> | undefined, signal: AbortSignal): Promise<Response> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const stop = () => request.abort();
    const watch = () => {
      clearTimeout(timer);
      timer = setTimeout(stop, kStallMs);
    };
    request.open(method, url);
    request.responseType = 'blob';
    headers.forEach((value, name) => request.setRequestHeader(name, value));
    request.upload.onprogress = request.onprogress = watch;
    request.onload = () => resolve(asResponse(request));
    request.onerror = () => reject(new SwarmaError('node_unreachable', 'The node does not answer.'));
    request.onabort = () => reject(signal.aborted ? new SwarmaError('aborted', 'The upload was paused.') : new SwarmaError('node_unreachable', 'The connection has gone silent.'));
    request.onloadend = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
    };
    signal.addEventListener('abort', stop);
    request.send(body ?? null);
    watch();
    if (signal.aborted) stop();
  });
}

function asResponse(request: XMLHttpRequest): Response {
  const headers = new Headers();
  for (const line of request.getAllResponseHeaders().trim().split(/[\r\n]+/)) {
    const colon = line.indexOf(':');
    if (colon > 0) headers.append(line.slice(0, colon).trim(), line.slice(colon + 1).trim());
  }
  const { status, statusText, response } = request;
  return new Response([204, 205, 304].includes(status) ? null : (response as Blob), { status, statusText, headers });
}

function asTusResponse(response: Response): HttpResponse {
  return {
    getStatus: () => response.status,
    getHeader: (name) => response.headers.get(name) ?? undefined,
    getBody: () => '',
    getUnderlyingObject: () => response,
  };
}
