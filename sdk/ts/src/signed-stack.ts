// The HTTP stack for tus-js-client: it signs each request, and refusals are SwarmaErrors.
//
// It uses XMLHttpRequest because that reports progress. A connection can die silently (the laptop slept, a router
// dropped it), and a request on it would wait for ever. A request without progress for kStallMs counts as unreachable.
import { asSwarmaError, SwarmaError } from './errors.ts';
import type { Transport, TransportInit } from './http.ts';

const kStallMs = 20_000; // shorter than the node's --body-timeout, so that the page gives up first
const kGone = [404, 410];

/** The shape of tus-js-client's `HttpStack`. */
export interface SignedStack {
  createRequest(method: string, url: string): SignedRequest;
  getName(): string;
}

interface SignedResponse {
  getStatus(): number;
  getHeader(name: string): string | undefined;
  getBody(): string;
  getUnderlyingObject(): unknown;
}

/** Sends one signed request. */
type Exchange = (request: TransportInit & { url: string; transport: Transport }) => Promise<Response>;

export function makeSignedStack(exchange: Exchange): SignedStack {
  return {
    createRequest: (method, url) => new SignedRequest(exchange, method, url),
    getName: () => 'signed XMLHttpRequest',
  };
}

class SignedRequest {
  readonly #exchange: Exchange;
  readonly #method: string;
  readonly #url: string;
  readonly #headers = new Headers();
  readonly #abort = new AbortController();

  constructor(exchange: Exchange, method: string, url: string) {
    this.#exchange = exchange;
    this.#method = method;
    this.#url = url;
  }

  getMethod = (): string => this.#method;
  getURL = (): string => this.#url;
  setHeader = (name: string, value: string): void => this.#headers.set(name, value);
  getHeader = (name: string): string | undefined => this.#headers.get(name) ?? undefined;
  setProgressHandler = (): void => undefined; // progress is counted in chunks that the node has accepted
  getUnderlyingObject = (): unknown => undefined;

  abort = (): Promise<void> => {
    this.#abort.abort();
    return Promise.resolve();
  };

  async send(chunk?: Blob): Promise<SignedResponse> {
    const body = chunk && new Uint8Array(await chunk.arrayBuffer());
    const request = { method: this.#method, url: this.#url, headers: this.#headers, body, signal: this.#abort.signal };
    try {
      const { status, headers } = await this.#exchange({ ...request, transport: overXhr });
      return makeResponse(status, headers);
    } catch (error) {
      // When the upload is gone, tus starts a new one. It must not do so after any other refusal: the node still has
      // the upload.
      const { status } = asSwarmaError(error);
      if (this.#method === 'HEAD' && kGone.includes(status)) return makeResponse(status, new Headers());
      throw error;
    }
  }
}

function makeResponse(status: number, headers: Headers): SignedResponse {
  return {
    getStatus: () => status,
    getHeader: (name) => headers.get(name) ?? undefined,
    getBody: () => '',
    getUnderlyingObject: () => undefined,
  };
}

function overXhr(url: string, { method, headers, body, signal }: TransportInit): Promise<Response> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const stop = () => request.abort();
    const watch = () => {
      clearTimeout(timer);
      timer = setTimeout(stop, kStallMs);
    };
    const fail = (reason: 'aborted' | 'unreachable', words: string) => () => reject(new SwarmaError(reason, words));
    request.open(method, url);
    request.responseType = 'blob';
    headers.forEach((value, name) => request.setRequestHeader(name, value));
    request.upload.onprogress = request.onprogress = watch;
    request.onload = () => resolve(readResponse(request));
    request.onerror = fail('unreachable', 'The node does not answer.');
    request.onabort = () =>
      signal?.aborted
        ? fail('aborted', 'The upload was paused.')()
        : fail('unreachable', 'The connection has gone silent.')();
    request.onloadend = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', stop);
    };
    signal?.addEventListener('abort', stop);
    request.send(body ?? null);
    watch();
    if (signal?.aborted) stop();
  });
}

function readResponse(request: XMLHttpRequest): Response {
  const headers = new Headers();
  for (const line of request
    .getAllResponseHeaders()
    .trim()
    .split(/[\r\n]+/)) {
    const colon = line.indexOf(':');
    if (colon > 0) headers.append(line.slice(0, colon).trim(), line.slice(colon + 1).trim());
  }
  const { status, statusText } = request;
  const body = request.response as Blob;
  return new Response([204, 205, 304].includes(status) ? null : body, { status, statusText, headers });
}
