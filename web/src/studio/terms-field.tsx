// Choosing terms: a preset and its few knobs, or JSON; always with the sentences that viewers will live by.
import { useId } from 'preact/hooks';
import { Icon } from '../components/icons.tsx';
import { t } from '../i18n.ts';
import { difficulties, kMinCodeLength, policySentences, presetNames, type PresetName, type TermsDraft, toPolicy } from './terms.ts';

interface TermsFieldProps {
  value: TermsDraft;
  onChange(value: TermsDraft): void;
}

export function TermsField({ value, onChange }: TermsFieldProps) {
  const set = (change: Partial<TermsDraft>) => onChange({ ...value, ...change });
  const choose = (preset: PresetName) => set(preset === 'own' && value.json === '' ? { preset, json: pretty(value) } : { preset });
  return (
    <div class="terms">
      <p class="hint">{t('publish.terms.hint')}</p>
      <div class="presets" role="radiogroup" aria-label={t('publish.section.terms')}>
        {presetNames.map((preset) => (
          <label key={preset} class="preset">
            <input type="radio" name="preset" value={preset} checked={preset === value.preset} onChange={() => choose(preset)} />
            <span>{t(`publish.preset.${preset}`)}</span>
          </label>
        ))}
      </div>
      <Knobs value={value} set={set} />
      <Sentences value={value} />
    </div>
  );
}

function pretty(draft: TermsDraft): string {
  return JSON.stringify(toPolicy(draft).policy, null, 2);
}

function Knobs({ value, set }: { value: TermsDraft; set(change: Partial<TermsDraft>): void }) {
  const id = useId();
  const { preset } = value;
  if (preset === 'open') return null;
  if (preset === 'own') {
    return (
      <div class="form-field">
        <label for={id}>{t('publish.terms.json')}</label>
        <textarea id={id} class="field code" dir="ltr" spellcheck={false} rows={14} value={value.json} onInput={(event) => set({ json: event.currentTarget.value })} />
      </div>
    );
  }
  return (
    <div class="knobs">
      {preset.startsWith('goodwill') && (
        <div class="form-field">
          <label for={`${id}t`}>{t('publish.terms.text')}</label>
          <input id={`${id}t`} class="field" dir="auto" value={value.text} maxLength={500} required onInput={(event) => set({ text: event.currentTarget.value })} />
        </div>
      )}
      {(preset === 'puzzle' || preset === 'goodwillPuzzle') && (
        <div class="form-field">
          <label for={`${id}d`}>{t('publish.terms.difficulty')}</label>
          <select id={`${id}d`} class="field" value={value.difficulty} onChange={(event) => set({ difficulty: Number(event.currentTarget.value) })}>
            {(['light', 'medium', 'heavy'] as const).map((name) => (
              <option key={name} value={difficulties[name]}>
                {t(`publish.terms.difficulty.${name}`)}
              </option>
            ))}
          </select>
        </div>
      )}
      {preset === 'code' && (
        <div class="form-field">
          <label for={`${id}c`}>{t('publish.terms.code')}</label>
          <input id={`${id}c`} class="field" dir="ltr" autocomplete="off" value={value.code} minLength={kMinCodeLength} maxLength={128} required onInput={(event) => set({ code: event.currentTarget.value })} />
        </div>
      )}
      <div class="form-field">
        <label for={`${id}l`}>{t('publish.terms.lasts')}</label>
        <select id={`${id}l`} class="field" value={value.unlockSeconds} onChange={(event) => set({ unlockSeconds: Number(event.currentTarget.value) })}>
          {([['day', 86400], ['week', 7 * 86400], ['month', 30 * 86400]] as const).map(([name, seconds]) => (
            <option key={name} value={seconds}>
              {t(`publish.terms.lasts.${name}`)}
            </option>
          ))}
        </select>
      </div>
      <div class="form-field form-check">
        <label>
          <input type="checkbox" checked={value.preview} onChange={(event) => set({ preview: event.currentTarget.checked })} /> {t('publish.terms.preview')}
        </label>
        {value.preview && (
          <label class="minutes">
            <span>{t('publish.terms.previewMinutes')}</span>
            <input class="field" type="number" min={0.5} max={60} step={0.5} defaultValue={String(value.previewMinutes)} onInput={({ currentTarget: { valueAsNumber: minutes } }) => minutes > 0 && set({ previewMinutes: minutes })} />
          </label>
        )}
      </div>
    </div>
  );
}

function Sentences({ value }: { value: TermsDraft }) {
  try {
    const sentences = policySentences(toPolicy(value).policy);
    return (
      <div class="plain-words" role="status">
        <h3>{t('publish.terms.read')}</h3>
        <ul>
          {sentences.map((sentence) => (
            <li key={sentence} dir="auto">
              {sentence}
            </li>
          ))}
        </ul>
      </div>
    );
  } catch (error) {
    return (
      <p class="inline-failure" role="alert">
        <Icon name="warning" />
        <span>{t('publish.terms.bad', { detail: error instanceof Error ? error.message : '' })}</span>
      </p>
    );
  }
}
