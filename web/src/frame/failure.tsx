// An error as the reader sees it: what happened, and what to do.
import { asSwarmaError } from '@swarma/client';
import type { ComponentChildren } from 'preact';
import { node } from './client.ts';
import { t } from './i18n.ts';
import { explain } from './problems.ts';
import { Icon } from './icons.tsx';

interface FailureProps {
  error: unknown;
  /** Without it, the button loads the page again. */
  retry?: () => void;
  title?: string;
  /** It is the whole page, so its heading is the page's heading. */
  page?: boolean;
  children?: ComponentChildren;
}

export function Failure({ error, retry, title, page = false, children }: FailureProps) {
  const Heading = page ? 'h1' : 'h2';
  return (
    <section class="failure" role="alert" data-reason={asSwarmaError(error).reason}>
      <Icon name="warning" />
      <Heading>{title ?? t('problem.title')}</Heading>
      <p>{explain(error)}</p>
      {children && <p>{children}</p>}
      <p class="actions">
        <button type="button" class="button" onClick={retry ?? (() => window.location.reload())}>
          {retry ? t('problem.retry') : t('problem.reload')}
        </button>
      </p>
    </section>
  );
}

/** One line under the thing that failed. */
export function InlineFailure({ error }: { error: unknown }) {
  return (
    <p class="inline-failure" role="alert" data-reason={asSwarmaError(error).reason}>
      <Icon name="warning" />
      <span>{explain(error)}</span>
    </p>
  );
}

export function InsecureContext() {
  const secure = node.value?.secure_url;
  return (
    <section class="failure" role="alert" data-reason="insecure_context">
      <Icon name="lock" />
      <h1>{t('problem.insecure_context.title')}</h1>
      <p>{t('problem.insecure_context')}</p>
      {secure ? (
        <p class="actions">
          <a class="button" href={secure.replace(/\/$/, '') + window.location.pathname}>
            {t('problem.insecure_context.link')}
          </a>
        </p>
      ) : (
        <p>{t('problem.insecure_context.owner')}</p>
      )}
    </section>
  );
}
