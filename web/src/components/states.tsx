// Loading and empty: every list and page has them, in the shape of what will come.
import type { ComponentChildren } from 'preact';
import { t } from '../i18n.ts';
import { Icon, type IconName } from './icons.tsx';

export function Busy({ label }: { label?: string }) {
  return (
    <div class="busy" role="status">
      <span class="spinner" aria-hidden="true" />
      <span class="hidden">{label ?? t('busy')}</span>
    </div>
  );
}

export function Empty({ icon, title, children, action }: { icon: IconName; title: string; children?: ComponentChildren; action?: ComponentChildren }) {
  return (
    <section class="empty">
      <Icon name={icon} />
      <h2>{title}</h2>
      <p>{children}</p>
      {action}
    </section>
  );
}
