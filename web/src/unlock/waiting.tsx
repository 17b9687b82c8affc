import type { SwarmaError } from '@swarma/client';
import { t } from '../frame/i18n.ts';

/** What is waited for, and in the node's words why it is not there yet. */
export function Waiting({ what, why }: { what: string; why?: SwarmaError | undefined }) {
  return (
    <p class="step-busy" role="status">
      <span class="spinner" aria-hidden="true" />
      <span>
        {what} {why && why.reason !== 'not_yet' && <span class="hint">{t('step.trouble')}</span>}
      </span>
    </p>
  );
}
