// Name, description, tags and language of a film, also in further languages.
import { useId } from 'preact/hooks';
import { Icon } from '../frame/icons.tsx';
import { languageName, t } from '../frame/i18n.ts';

export interface FilmDraft {
  name: string;
  summary: string;
  language: string;
  tags: string;
  texts: Record<string, { name: string; summary: string }>;
}

/** Languages that a creator can choose from. */
export const kFilmLanguages = [
  'en',
  'de',
  'ar',
  'es',
  'fr',
  'it',
  'pt',
  'nl',
  'pl',
  'cs',
  'sv',
  'da',
  'fi',
  'nb',
  'tr',
  'uk',
  'ru',
  'el',
  'he',
  'fa',
  'hi',
  'bn',
  'id',
  'vi',
  'th',
  'ja',
  'ko',
  'zh',
];

export function newFilm(language: string): FilmDraft {
  return { name: '', summary: '', language, tags: '', texts: {} };
}

export function tagsOf(draft: FilmDraft): string[] {
  return [
    ...new Set(
      draft.tags
        .split(/[,،;]/)
        .map((tag) => tag.trim())
        .filter(Boolean),
    ),
  ].slice(0, 32);
}

export function FilmForm({ value, onChange }: { value: FilmDraft; onChange(value: FilmDraft): void }) {
  const id = useId();
  const set = (change: Partial<FilmDraft>) => onChange({ ...value, ...change });
  const free = kFilmLanguages.filter((code) => code !== value.language && !(code in value.texts));
  return (
    <>
      <div class="form-field">
        <label for={`${id}n`}>{t('publish.name')}</label>
        <input
          id={`${id}n`}
          name="name"
          class="field"
          dir="auto"
          required
          maxLength={300}
          value={value.name}
          onInput={(event) => set({ name: event.currentTarget.value })}
        />
      </div>
      <div class="form-field">
        <label for={`${id}s`}>{t('publish.summary')}</label>
        <textarea
          id={`${id}s`}
          name="summary"
          class="field"
          dir="auto"
          maxLength={1000}
          value={value.summary}
          onInput={(event) => set({ summary: event.currentTarget.value })}
        />
      </div>
      <div class="form-pair">
        <div class="form-field">
          <label for={`${id}t`}>{t('publish.tags')}</label>
          <input
            id={`${id}t`}
            class="field"
            dir="auto"
            value={value.tags}
            aria-describedby={`${id}th`}
            onInput={(event) => set({ tags: event.currentTarget.value })}
          />
          <p id={`${id}th`} class="hint">
            {t('publish.tags.hint')}
          </p>
        </div>
        <div class="form-field">
          <label for={`${id}l`}>{t('publish.language')}</label>
          <LanguageSelect
            id={`${id}l`}
            value={value.language}
            options={kFilmLanguages}
            onChange={(language) => set({ language })}
          />
        </div>
      </div>
      {Object.entries(value.texts).map(([code, text]) => (
        <OtherLanguage
          key={code}
          code={code}
          text={text}
          onChange={(next) => set({ texts: { ...value.texts, [code]: next } })}
          onRemove={() => set({ texts: without(value.texts, code) })}
        />
      ))}
      {free.length > 0 && (
        <div class="form-field">
          <select
            class="field add"
            aria-label={t('publish.texts.add')}
            value=""
            onChange={(event) =>
              event.currentTarget.value &&
              set({ texts: { ...value.texts, [event.currentTarget.value]: { name: '', summary: '' } } })
            }
          >
            <option value="">{t('publish.texts.add')}</option>
            {free.map((code) => (
              <option key={code} value={code}>
                {languageName(code)}
              </option>
            ))}
          </select>
        </div>
      )}
    </>
  );
}

function without<T>(record: Record<string, T>, key: string): Record<string, T> {
  return Object.fromEntries(Object.entries(record).filter(([name]) => name !== key));
}

interface OtherLanguageProps {
  code: string;
  text: { name: string; summary: string };
  onChange(text: { name: string; summary: string }): void;
  onRemove(): void;
}

function OtherLanguage({ code, text, onChange, onRemove }: OtherLanguageProps) {
  const id = useId();
  return (
    <fieldset class="panel other-language">
      <legend>{languageName(code)}</legend>
      <button
        type="button"
        class="quiet icon-button"
        aria-label={t('publish.texts.remove', { language: languageName(code) })}
        onClick={onRemove}
      >
        <Icon name="close" />
      </button>
      <div class="form-field">
        <label for={`${id}n`}>{t('publish.name')}</label>
        <input
          id={`${id}n`}
          class="field"
          dir="auto"
          lang={code}
          required
          maxLength={300}
          value={text.name}
          onInput={(event) => onChange({ ...text, name: event.currentTarget.value })}
        />
      </div>
      <div class="form-field">
        <label for={`${id}s`}>{t('publish.summary')}</label>
        <textarea
          id={`${id}s`}
          class="field"
          dir="auto"
          lang={code}
          maxLength={1000}
          value={text.summary}
          onInput={(event) => onChange({ ...text, summary: event.currentTarget.value })}
        />
      </div>
    </fieldset>
  );
}

export function LanguageSelect({
  id,
  value,
  options,
  onChange,
  label,
}: {
  id?: string;
  value: string;
  options: string[];
  onChange(code: string): void;
  label?: string;
}) {
  const all = options.includes(value) ? options : [value, ...options];
  return (
    <select
      id={id}
      class="field"
      aria-label={label}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
    >
      {all.map((code) => (
        <option key={code} value={code}>
          {code === '' ? t('publish.language.none') : languageName(code)}
        </option>
      ))}
    </select>
  );
}
