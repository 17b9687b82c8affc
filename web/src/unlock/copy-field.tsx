// A text to take elsewhere: shown whole, copied with one press.
import { useId, useState } from 'preact/hooks';
import { announce } from '../frame/announcer.tsx';
import { t } from '../frame/i18n.ts';

export function CopyField({ label, text }: { label: string; text: string }) {
  const id = useId();
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    setCopied(true);
    announce(t('copy.done'));
  };
  return (
    <div class="copy-field">
      <label for={id}>{label}</label>
      <div class="row">
        <input
          id={id}
          class="field"
          dir="ltr"
          readOnly
          value={text}
          onFocus={(event) => event.currentTarget.select()}
        />
        <button type="button" class="button" onClick={() => void copy().catch(() => setCopied(false))}>
          {t(copied ? 'copy.done' : 'copy')}
        </button>
      </div>
    </div>
  );
}
