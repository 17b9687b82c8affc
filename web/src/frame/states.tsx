// What a list or a page shows while it loads and when it is empty.
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
  /** It is the whole page, so its heading is the page's heading. */
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
