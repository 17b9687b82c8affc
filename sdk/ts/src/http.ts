// Requests to a node: problems become SwarmaErrors, proofs and nonces are handled, the node's clock is followed.
import { utf8 } from './encoding.ts';
import { asSwarmaError, readProblem, SwarmaError } from './errors.ts';
import { makeDpopProof, parseJson } from './jose.ts';
import type { PersonKey } from './keys.ts';

const kMaxAnswerBytes = 4 << 20;
const kAgain = ['use_dpop_nonce', 'replayed_proof'];
// A node that is in trouble for a moment (503, the same request still under way) is asked again this often, if it asks
// for no more patience than this each time.
const kRepeats = 2;
const kLongestWaitSeconds = 5;

export interface CallOptions {
  method?: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  body?: unknown;
  /** Signs the request. */
  key?: PersonKey;
  /** `Authorization: DPoP …`, with `ath` in the proof. */
  token?: string;
  signal?: AbortSignal | undefined;
  /** Makes repeats of the same intent harmless; a fresh one is made for every POST without. */
  idempotencyKey?: string;
}

export class Http {
  readonly baseUrl: string;
  readonly #fetch: typeof fetch;
  readonly #pause: Pause;
  #nonce = '';
  #clockOffset = 0;

  constructor(baseUrl: string, fetchFunction: typeof fetch = fetch, pause: Pause = pauseFor) {
    this.#pause = pause;
    this.baseUrl = baseUrl.replace(/\/$/, '');
    this.#fetch = (...args) => fetchFunction(...args);
  }

  /** Unix seconds by the node's clock as last seen: viewers' own clocks may be wrong by minutes. */
  now(): number {
    return Math.floor(Date.now() / 1000 + this.#clockOffset);
  }

  rememberNonce(nonce: string | null | undefined): void {
    if (nonce) this.#nonce = nonce;
  }

  /** The `DPoP` header for one request. */
  proof(key: PersonKey, method: string, path: string, more: { body?: Uint8Array; accessToken?: string; headers?: Headers } = {}): Promise<string> {
    return makeDpopProof(key, { method, url: new URL(path, `${this.baseUrl}/`).href, now: this.now(), nonce: this.#nonce, ...more });
  }

  async call<T>(path: string, options: CallOptions = {}): Promise<T> {
    const response = await this.send(path, options);
    const text = await readBounded(response);
    return (text === '' ? {} : parseJson(text)) as T;
  }

  /**
   * Sends, and throws the problem of any answer that is not 2xx. Once more with a fresh proof when the node hands out a fresh nonce,
   * or has seen the proof: a browser sends a request again by itself when its connection breaks. And after the wait that the node
   * asks for, when that is short.
   */
  async send(path: string, options: CallOptions = {}): Promise<Response> {
    const method = options.method ?? (options.body === undefined ? 'GET' : 'POST');
    const idempotencyKey = options.idempotencyKey ?? (method === 'POST' ? crypto.randomUUID() : undefined);
    let freshProofs = 0;
    let repeats = 0;
    for (;;) {
      const response = await this.#sendOnce(path, method, idempotencyKey, options);
      if (response.ok) return response;
      const problem = await readProblem(response);
      if (kAgain.includes(problem.reason) && freshProofs++ <= repeats) continue;
      const wait = shortWait(problem);
      if (wait === undefined || repeats++ === kRepeats) throw problem;
      await this.#pause(wait, options.signal);
    }
  }

  async #sendOnce(path: string, method: string, idempotencyKey: string | undefined, options: CallOptions): Promise<Response> {
    const headers = new Headers({ Accept: 'application/json' });
    const body = options.body === undefined ? undefined : utf8(JSON.stringify(options.body));
    if (body) headers.set('Content-Type', 'application/json');
    if (idempotencyKey) headers.set('Idempotency-Key', idempotencyKey);
    if (options.key) {
      const more = { ...(body && { body }), ...(options.token && { accessToken: options.token }) };
      headers.set('DPoP', await this.proof(options.key, method, path, more));
    }
    if (options.token) headers.set('Authorization', `DPoP ${options.token}`);
    try {
      const init: RequestInit = { method, headers, signal: options.signal ?? null, credentials: 'omit', cache: 'no-store' };
      const response = await this.#fetch(this.baseUrl + path, body ? { ...init, body } : init);
      this.#learnFrom(response);
      return response;
    } catch (cause) {
      if (options.signal?.aborted) throw new SwarmaError('aborted', 'The request was given up.', { cause });
      throw new SwarmaError('node_unreachable', 'The node does not answer.', { cause: asSwarmaError(cause) });
    }
  }

  #learnFrom(response: Response): void {
    this.rememberNonce(response.headers.get('DPoP-Nonce'));
    const date = Date.parse(response.headers.get('Date') ?? '');
    if (Number.isFinite(date)) {
      const offset = (date - Date.now()) / 1000;
      this.#clockOffset = Math.abs(offset) > 2 ? offset : 0; // the header has whole seconds: small differences mean nothing
    }
  }
}

/** Waits so many seconds, or throws `aborted`. */
type Pause = (seconds: number, signal?: AbortSignal) => Promise<void>;

function shortWait(problem: SwarmaError): number | undefined {
  const passing = problem.status === 503 || problem.reason === 'request_in_progress';
  const wait = problem.retryAfterSeconds;
  return passing && wait !== undefined && wait <= kLongestWaitSeconds ? wait : undefined;
}

function pauseFor(seconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const giveUp = () => {
      clearTimeout(timer);
      reject(new SwarmaError('aborted', 'The request was given up.'));
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', giveUp);
      resolve();
    }, seconds * 1000);
    if (signal?.aborted) giveUp();
    else signal?.addEventListener('abort', giveUp, { once: true });
  });
}

async function readBounded(response: Response): Promise<string> {
  const text = await response.text().catch((cause: unknown) => {
    throw new SwarmaError('node_unreachable', 'The node stopped answering.', { cause });
  });
  if (text.length > kMaxAnswerBytes) throw new SwarmaError('bad_answer', 'The answer of the node is too large.');
  return text;
}
