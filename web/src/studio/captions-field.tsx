// Caption files beside the film, each with its language; uploaded as they are chosen.
import { useId } from 'preact/hooks';
import { InlineFailure } from '../frame/failure.tsx';
import { Icon } from '../frame/icons.tsx';
import { t } from '../frame/i18n.ts';
import { useAsync } from '../frame/use-async.ts';
import { kFilmLanguages, LanguageSelect } from './film-form.tsx';
import { FileUpload } from './uploads.ts';

export interface CaptionDraft {
  upload: FileUpload;
  language: string;
  encoding: string; // chosen by the creator; when empty, the node detects it and says so in its notes
}

/** Usual encodings of captions that are not Unicode, by script. */
const kEncodings = [
  ['windows-1252', 'windows-1250', 'iso-8859-2'],
  ['windows-1251', 'koi8-r', 'iso-8859-5'],
  ['windows-1253', 'windows-1254', 'windows-1255', 'windows-1256', 'windows-1257', 'windows-1258'],
  ['shift_jis', 'euc-jp', 'gb18030', 'big5', 'euc-kr', 'windows-874'],
].flat();

/** Whether the file is UTF-8, or UTF-16 with a byte order mark. */
async function isUnicode(file: File): Promise<boolean> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)) return true;
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}

/** "film.de.srt" → "de". */
function guessLanguage(name: string, fallback: string): string {
  const tag = /[._-]([a-z]{2})\.(srt|vtt)$/i.exec(name)?.[1]?.toLowerCase();
  return tag && kFilmLanguages.includes(tag) ? tag : fallback;
}

export function CaptionsField({
  value,
  language,
  onChange,
}: {
  value: CaptionDraft[];
  language: string;
  onChange(value: CaptionDraft[]): void;
}) {
  const id = useId();
  const add = (files: FileList | null) =>
    onChange([
      ...value,
      ...[...(files ?? [])].map((file) => ({
        upload: new FileUpload(file, 'captions'),
        language: guessLanguage(file.name, language),
        encoding: '',
      })),
    ]);
  return (
    <fieldset class="form-field">
      <legend>{t('publish.captions')}</legend>
      <p class="hint">{t('publish.captions.hint')}</p>
      {value.map((caption) => (
        <div class="caption" key={caption.upload.file.name}>
          <span dir="auto">{caption.upload.file.name}</span>
          <LanguageSelect
            value={caption.language}
            options={kFilmLanguages}
            label={t('publish.captions.language', { file: caption.upload.file.name })}
            onChange={(code) =>
              onChange(value.map((other) => (other === caption ? { ...other, language: code } : other)))
            }
          />
          <EncodingSelect
            caption={caption}
            onChange={(encoding) =>
              onChange(value.map((other) => (other === caption ? { ...other, encoding } : other)))
            }
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
        <input
          id={id}
          type="file"
          accept=".srt,.vtt,text/vtt,application/x-subrip"
          multiple
          onChange={(event) => add(event.currentTarget.files)}
        />
      </label>
    </fieldset>
  );
}

/** For a file that is not Unicode: lets the creator choose its encoding instead of leaving it to the node. */
function EncodingSelect({
  caption: { upload, encoding },
  onChange,
}: {
  caption: CaptionDraft;
  onChange(encoding: string): void;
}) {
  const unicode = useAsync(() => isUnicode(upload.file), [upload]);
  if (unicode.value !== false) return null;
  return (
    <select
      class="field"
      aria-label={t('publish.captions.encoding', { file: upload.file.name })}
      value={encoding}
      onChange={(event) => onChange(event.currentTarget.value)}
    >
      <option value="">{t('publish.captions.encoding.auto')}</option>
      {kEncodings.map((name) => (
        <option key={name} value={name}>
          {name}
        </option>
      ))}
    </select>
  );
}
