// An error as a reader meets it: what happened, and what helps.
import { asSwarmaError } from '@swarma/client';
import type { ComponentChildren } from 'preact';
import { node } from '../client.ts';
import { t } from '../i18n.ts';
import { explain } from '../problems.ts';
import { Icon } from './icons.tsx';

/** Fills a page or a panel. Without `retry`, loading the page again is what is offered. */
export function Failure({ error, retry, title, children }: { error: unknown; retry?: () => void; title?: string; children?: ComponentChildren }) {
  return (
    <section class="failure" role="alert" data-reason={asSwarmaError(error).reason}>
      <Icon name="warning" />
      <h2>{title ?? t('problem.title')}</h2>
      <p>{explain(error)}</p>
      <p class="actions">
        <button type="button" class="button" onClick={retry ?? (() => window.location.reload())}>
          {retry ? t('problem.retry') : t('problem.reload')}
        </button>
        {children}
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
      <h2>{t('problem.title')}</h2>
      <p>{t('problem.insecure_context')}</p>
      <p class="actions">
        {secure ? (
          <a class="button" href={secure.replace(/\/$/, '') + window.location.pathname}>
            {t('problem.insecure_context.link')}
          </a>
        ) : (
          t('problem.insecure_context.owner')
        )}
      </p>
    </section>
  );
}
