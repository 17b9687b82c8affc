// The error type for every expected failure. `reason` is a stable slug: the last part of a problem's `type` when a node
// reported it. This library uses the same slug when it finds the same fault. Messages never hold keys, tokens or codes.

/** Faults that this library finds and a node or the C++ viewer can find too: the slugs are theirs (test/errors.test.ts). */
type SharedReason =
  | 'unreachable' // the request got no answer
  | 'answer_bad' // the answer is not what the protocol says
  | 'hash_mismatch' // bytes do not hash to their name
  | 'blob_not_found' // no source has it
  | 'blob_too_large'
  | 'decryption_failed'
  | 'record_forged'
  | 'record_older' // a revision below one already seen
  | 'grant_forged'
  | 'grant_not_for_this_key'
  | 'grant_wrong_title'
  | 'grant_wrong_viewer'
  | 'grant_old_revision'
  | 'grant_other_policy'
  | 'grant_expired'
  | 'attestation_wrong_viewer'
  | 'not_current_revision' // the node has a newer one
  | 'slot_not_granted' // no held key opens this slot
  | 'internal'; // a bug

/** Faults that only this library finds. */
type OwnReason =
  | 'insecure_context' // no WebCrypto: plain http from another machine
  | 'unsupported_browser' // WebCrypto without Ed25519 or X25519
  | 'record_forked' // the same revision with other content
  | 'not_signed_in'
  | 'aborted';

/** What this library itself reports. Slugs of a node are passed on unchanged. */
export type LocalReason = SharedReason | OwnReason;

/** One entry of a refusal by `keys/request`: what is missing and how to meet it. */
export interface Unmet {
  path: string;
  key?: string;
  requirement?: string;
  reason: string;
  how?: string;
  retry_after_s?: number;
}

export class SwarmaError extends Error {
  readonly reason: string;
  /** HTTP status; 0 when no node reported the error. */
  readonly status: number;
  readonly unmet: readonly Unmet[];
  readonly retryAfterSeconds: number | undefined;

  constructor(
    reason: LocalReason | (string & {}),
    message: string,
    more: { status?: number; unmet?: Unmet[]; retryAfterSeconds?: number | undefined; cause?: unknown } = {},
  ) {
    super(message, { cause: more.cause });
    this.name = 'SwarmaError';
    this.reason = reason;
    this.status = more.status ?? 0;
    this.unmet = more.unmet ?? [];
    this.retryAfterSeconds = more.retryAfterSeconds;
  }
}

/** `error` itself if it is a SwarmaError, else one made from it: `catch (e) { show(asSwarmaError(e)) }`. */
export function asSwarmaError(error: unknown): SwarmaError {
  if (error instanceof SwarmaError) return error;
  if (error instanceof Error && error.name === 'AbortError')
    return new SwarmaError('aborted', 'The request was given up.', { cause: error });
  return new SwarmaError('internal', error instanceof Error ? error.message : String(error), { cause: error });
}

/** Reads `application/problem+json`; falls back to the status when the body is something else. */
export async function readProblem(response: Response): Promise<SwarmaError> {
  const retryAfterHeader = seconds(Number(response.headers.get('Retry-After')));
  const status = response.status;
  try {
    const body: unknown = await response.json();
    if (typeof body === 'object' && body !== null && 'type' in body && typeof body.type === 'string') {
      const problem = body as {
        type: string;
        detail?: unknown;
        title?: unknown;
        unmet?: unknown;
        retry_after_s?: unknown;
      };
      const text =
        typeof problem.detail === 'string' ? problem.detail : typeof problem.title === 'string' ? problem.title : '';
      const unmet = Array.isArray(problem.unmet) ? (problem.unmet as Unmet[]) : [];
      const retryAfterSeconds = seconds(problem.retry_after_s) ?? retryAfterHeader;
      return new SwarmaError(reasonOf(problem.type), text, { status, unmet, retryAfterSeconds });
    }
  } catch {
    // Not JSON (a proxy's page, an empty body): only the status is known.
  }
  // The answer to HEAD has no body that could ask for a fresh nonce.
  const reason = status === 401 && response.headers.has('DPoP-Nonce') ? 'use_dpop_nonce' : `http_${status}`;
  return new SwarmaError(reason, `The node answered with status ${status}.`, {
    status,
    retryAfterSeconds: retryAfterHeader,
  });
}

/** "/problems/not_media" → "not_media". */
export function reasonOf(problemType: string): string {
  return problemType.slice(problemType.lastIndexOf('/') + 1);
}

function seconds(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) && value > 0 ? value : undefined;
}
