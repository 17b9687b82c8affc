import type { RefObject } from 'preact';
import { Icon } from '../frame/icons.tsx';
import { t } from '../frame/i18n.ts';
import { shortcuts } from './shortcuts.ts';

export function KeysDialog({ dialog }: { dialog: RefObject<HTMLDialogElement | null> }) {
  return (
    <dialog
      ref={dialog}
      class="dialog"
      aria-labelledby="keys-title"
      dir={document.documentElement.dir as 'ltr' | 'rtl'}
    >
      <header>
        <h2 id="keys-title">{t('player.keys.title')}</h2>
        <button
          type="button"
          class="quiet icon-button"
          aria-label={t('player.keys.close')}
          onClick={() => dialog.current?.close()}
        >
          <Icon name="close" />
        </button>
      </header>
      <dl class="keys">
        {shortcuts.map(({ label, shown }) => (
          <div key={label}>
            <dt>{t(label)}</dt>
            <dd dir="ltr">
              {shown.map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dd>
          </div>
        ))}
      </dl>
    </dialog>
  );
}
