// The sentence that the reader is told about an error: the message for its slug, or the node's own sentence.
import { asSwarmaError, type SwarmaError } from '@swarma/client';
import { formatSpan, hasMessage, t } from './i18n.ts';

export function explain(error: unknown): string {
  const problem = asSwarmaError(error);
  // Which terms are not met says more than that some are not.
  const reasons = [
    ...(problem.reason === 'policy_unmet' ? problem.unmet.map(({ reason }) => reason) : []),
    problem.reason,
  ];
  const key = reasons.map((reason) => `problem.${reason}`).find(hasMessage);
  const text = key ? t(key) : t('problem.generic', { detail: problem.message });
  const wait = waitOf(problem);
  return wait ? `${text} ${t('problem.wait', { time: formatSpan(wait) })}` : text;
}

/** Seconds after which trying again makes sense, if the node said. */
function waitOf(problem: SwarmaError): number | undefined {
  return problem.retryAfterSeconds ?? problem.unmet.find((unmet) => unmet.retry_after_s)?.retry_after_s;
}
