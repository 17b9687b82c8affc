// Caption files beside the film, each with its language; uploaded as they are chosen.
import { useId } from 'preact/hooks';
import { InlineFailure } from '../components/failure.tsx';
import { Icon } from '../components/icons.tsx';
import { t } from '../i18n.ts';
import { kLanguages, LanguageSelect } from './film-form.tsx';
import { FileUpload } from './uploads.ts';

export interface CaptionDraft {
  upload: FileUpload;
  language: string;
}

/** "film.de.srt" → "de". */
function guessLanguage(name: string, fallback: string): string {
  const tag = /[._-]([a-z]{2})\.(srt|vtt)$/i.exec(name)?.[1]?.toLowerCase();
  return tag && kLanguages.includes(tag) ? tag : fallback;
}

export function CaptionsField({ value, language, onChange }: { value: CaptionDraft[]; language: string; onChange(value: CaptionDraft[]): void }) {
  const id = useId();
  const add = (files: FileList | null) => onChange([...value, ...[...(files ?? [])].map((file) => ({ upload: new FileUpload(file, 'captions'), language: guessLanguage(file.name, language) }))]);
  return (
    <fieldset class="form-field">
      <legend>{t('publish.captions')}</legend>
      <p class="hint">{t('publish.captions.hint')}</p>
      {value.map((caption) => (
        <div class="caption" key={caption.upload.file.name}>
          <span dir="auto">{caption.upload.file.name}</span>
          <LanguageSelect
            value={caption.language}
            options={kLanguages}
            label={t('publish.captions.language', { file: caption.upload.file.name })}
            onChange={(code) => onChange(value.map((other) => (other === caption ? { ...other, language: code } : other)))}
          />
          <button
            type="button"
            class="quiet icon-button"
            aria-label={t('publish.captions.remove', { file: caption.upload.file.name })}
            onClick={() => {
              caption.upload.cancel();
              onChange(value.filter((other) => other !== caption));
            }}
          >
            <Icon name="close" />
          </button>
          {caption.upload.error.value !== undefined && <InlineFailure error={caption.upload.error.value} />}
        </div>
      ))}
      <label class="button file-button" for={id}>
        {t('publish.captions.add')}
        <input id={id} type="file" accept=".srt,.vtt,text/vtt,application/x-subrip" multiple onChange={(event) => add(event.currentTarget.files)} />
      </label>
    </fieldset>
  );
}
