// Loading and empty: every list and page has them, in the shape of what will come.
import type { ComponentChildren } from 'preact';
import { t } from './i18n.ts';
import { Icon, type IconName } from './icons.tsx';

export function Busy({ label }: { label?: string }) {
  return (
    <div class="busy" role="status">
      <span class="spinner" aria-hidden="true" />
      <span class="hidden">{label ?? t('busy')}</span>
    </div>
  );
}

interface EmptyProps {
  icon: IconName;
  title: string;
  /** The whole page says this: then its heading is the page's. */
  page?: boolean;
  children?: ComponentChildren;
  action?: ComponentChildren;
}

export function Empty({ icon, title, page = false, children, action }: EmptyProps) {
  const Heading = page ? 'h1' : 'h2';
  return (
    <section class="empty">
      <Icon name={icon} />
      <Heading>{title}</Heading>
      <p>{children}</p>
      {action}
    </section>
  );
}
