// Requests to a node: problems become SwarmaErrors, proofs and nonces are handled, the node's clock is followed.
import { type Bytes, utf8 } from './encoding.ts';
import { asSwarmaError, readProblem, SwarmaError } from './errors.ts';
import { makeDpopProof, parseJson } from './jose.ts';
import type { PersonKey } from './keys.ts';
import { type Pause, pauseFor } from './retry.ts';

const kMaxAnswerBytes = 4 << 20;
// A node in passing trouble (503, or the same request still in progress) is asked again up to this often, as long as it
// asks to wait no longer than this each time.
const kRepeats = 2;
const kLongestWaitSeconds = 5;

type Method = 'GET' | 'HEAD' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';

interface Signature {
  /** Signs the request. */
  key?: PersonKey;
  /** `Authorization: DPoP …`, with `ath` in the proof. */
  token?: string;
}

interface CallOptions extends Signature {
  method?: Method;
  body?: unknown;
  signal?: AbortSignal | undefined;
  /** Makes repeats of the same request harmless. A POST without one gets a new one. */
  idempotencyKey?: string;
}

/**
 * Sends one request and returns its answer, whatever the status. Rejects with a SwarmaError when there is no answer.
 */
export type Transport = (url: string, init: TransportInit) => Promise<Response>;

export interface TransportInit {
  method: string;
  headers: Headers;
  body?: Bytes | undefined;
  signal?: AbortSignal | undefined;
}

interface Outgoing extends Signature, TransportInit {
  url: string; // absolute, or a path of the node
  transport?: Transport;
  /** After these refusals the request is sent once more, with a new proof. */
  again: readonly string[];
}

export class Http {
  readonly baseUrl: string;
  readonly #transport: Transport;
  readonly #pause: Pause;
  #nonce = '';
  #clockOffset = 0;

  constructor(baseUrl: string, fetchFunction: typeof fetch = fetch, pause: Pause = pauseFor) {
    this.#pause = pause;
    this.baseUrl = baseUrl.replace(/\/$/, '');
    this.#transport = overFetch((...args) => fetchFunction(...args));
  }

  /** Unix seconds by the node's clock as last seen: viewers' own clocks may be wrong by minutes. */
  now(): number {
    return Math.floor(Date.now() / 1000 + this.#clockOffset);
  }

  rememberNonce(nonce: string | null | undefined): void {
    if (nonce) this.#nonce = nonce;
  }

  async call<T>(path: string, options: CallOptions = {}): Promise<T> {
    const response = await this.send(path, options);
    const text = await readBounded(response);
    return (text === '' ? {} : parseJson(text)) as T;
  }

  /**
   * Sends JSON. Throws the problem of any answer that is not 2xx. Requests are repeated where that is safe: when the
   * node has seen the proof before (a browser repeats a request by itself when the connection breaks), and when the
   * node asks to try again after a short wait.
   */
  async send(path: string, options: CallOptions = {}): Promise<Response> {
    const { body, signal, key, token } = options;
    const method = options.method ?? (body === undefined ? 'GET' : 'POST');
    const idempotencyKey = options.idempotencyKey ?? (method === 'POST' ? crypto.randomUUID() : undefined);
    const headers = new Headers({ Accept: 'application/json' });
    if (body !== undefined) headers.set('Content-Type', 'application/json');
    if (idempotencyKey) headers.set('Idempotency-Key', idempotencyKey);
    const outgoing: Outgoing = {
      method,
      url: path,
      headers,
      body: body === undefined ? undefined : utf8(JSON.stringify(body)),
      signal,
      again: ['use_dpop_nonce', 'replayed_proof'],
      ...(key && { key }),
      ...(token && { token }),
    };
    for (let repeats = 0; ; repeats++) {
      try {
        return await this.exchange(outgoing);
      } catch (error) {
        const wait = error instanceof SwarmaError ? shortWait(error) : undefined;
        if (wait === undefined || repeats === kRepeats) throw error;
        await this.#pause(wait, signal);
      }
    }
  }

  /** Sends a request, with a new proof each time. Throws the problem of any answer that is not 2xx. */
  async exchange(outgoing: Outgoing): Promise<Response> {
    for (let isFirst = true; ; isFirst = false) {
      const response = await this.#sendOnce(outgoing);
      if (response.ok) return response;
      const problem = await readProblem(response);
      if (!isFirst || !outgoing.again.includes(problem.reason)) throw problem;
    }
  }

  async #sendOnce(outgoing: Outgoing): Promise<Response> {
    const { method, body, signal, key, token, transport = this.#transport } = outgoing;
    const url = new URL(outgoing.url, `${this.baseUrl}/`).href;
    const headers = new Headers(outgoing.headers);
    if (key) {
      const more = { ...(body && { body }), ...(token && { accessToken: token }) };
      const claims = { method, url, now: this.now(), nonce: this.#nonce, headers, ...more };
      headers.set('DPoP', await makeDpopProof(key, claims));
    }
    if (token) headers.set('Authorization', `DPoP ${token}`);
    const response = await transport(url, { method, headers, body, signal });
    this.#learnFrom(response);
    return response;
  }

  #learnFrom(response: Response): void {
    this.rememberNonce(response.headers.get('DPoP-Nonce'));
    const date = Date.parse(response.headers.get('Date') ?? '');
    if (Number.isFinite(date)) {
      const offset = (date - Date.now()) / 1000;
      // The header has whole seconds, so small differences mean nothing.
      this.#clockOffset = Math.abs(offset) > 2 ? offset : 0;
    }
  }
}

function overFetch(fetchFunction: typeof fetch): Transport {
  return async (url, { method, headers, body, signal }) => {
    try {
      const init: RequestInit = { method, headers, signal: signal ?? null, credentials: 'omit', cache: 'no-store' };
      return await fetchFunction(url, body ? { ...init, body } : init);
    } catch (cause) {
      if (signal?.aborted) throw new SwarmaError('aborted', 'The request was given up.', { cause });
      throw new SwarmaError('unreachable', 'The node does not answer.', { cause: asSwarmaError(cause) });
    }
  };
}

function shortWait(problem: SwarmaError): number | undefined {
  // Whoever waits for a key agent tells the viewer so, and asks again by itself.
  const passing =
    (problem.status === 503 && problem.reason !== 'agent_away') || problem.reason === 'request_in_progress';
  const wait = problem.retryAfterSeconds;
  return passing && wait !== undefined && wait <= kLongestWaitSeconds ? wait : undefined;
}

async function readBounded(response: Response): Promise<string> {
  const text = await response.text().catch((cause: unknown) => {
    throw new SwarmaError('unreachable', 'The node stopped answering.', { cause });
  });
  if (text.length > kMaxAnswerBytes) throw new SwarmaError('answer_bad', 'The answer of the node is too large.');
  return text;
}
