// From an error to what the reader is told, and what helps.
import { asSwarmaError, type SwarmaError } from '@swarma/client';
import { formatSpan, hasMessage, t, type MessageKey } from './i18n.ts';

/** Slugs of the node that mean the same to a reader. */
const kSame: Record<string, string> = {
  grant_wrong_viewer: 'wrong_viewer',
  attestation_wrong_viewer: 'wrong_viewer',
  action_wrong_viewer: 'wrong_viewer',
  grant_other_policy: 'policy_changed',
  grant_other_path: 'policy_changed',
  grant_old_revision: 'revision_stale',
  not_current_revision: 'revision_stale',
  path_unknown: 'policy_changed',
  requirement_unknown: 'policy_changed',
  grant_unknown: 'grant_expired',
  grant_wrong_title: 'grant_forged',
  attestation_forged: 'attestation_expired',
  attestation_wrong_title: 'attestation_expired',
  action_unknown: 'action_expired',
  action_completed: 'action_expired',
  too_many_codes: 'too_many_tries',
  too_many_actions: 'too_many_requests',
  upload_too_long: 'upload_too_large',
  http_429: 'too_many_requests',
  http_504: 'http_502',
};

export function explain(error: unknown): string {
  const problem = asSwarmaError(error);
  const key = `problem.${kSame[problem.reason] ?? problem.reason}`;
  const text = hasMessage(key) ? t(key as MessageKey, { command: problem.reason === 'no_mse' ? 'swarma watch' : 'swarma link' }) : t('problem.generic', { detail: problem.message });
  const wait = waitOf(problem);
  return wait ? `${text} ${t('problem.wait', { time: formatSpan(wait) })}` : text;
}

/** Seconds after which trying again makes sense, if the node said. */
export function waitOf(problem: SwarmaError): number | undefined {
  return problem.retryAfterSeconds ?? problem.unmet.find((unmet) => unmet.retry_after_s)?.retry_after_s;
}
