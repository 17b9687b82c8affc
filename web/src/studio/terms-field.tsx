// Choosing terms: a preset with a few settings, or ways of one's own. The resulting terms are shown in plain sentences, and
// what a viewer would see can be tried out.
import type { Policy } from '@swarma/client';
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { Icon } from '../frame/icons.tsx';
import { formatClock, t } from '../frame/i18n.ts';
import { type FilmLength, givesAllAway, previewThatFits } from './preview.ts';
import { factsOfFilm, findingsOf, useExplanation } from './builder/explanation.ts';
import { PolicyBuilder } from './builder/policy-builder.tsx';
import { factsOf, kStranger, type Viewer, WhatIf } from './builder/what-if.tsx';
import { policySentences } from './sentences.ts';
import { kMinCodeLength } from './written-terms.ts';
import { difficulties, type OwnTerms, presetNames, type PresetName, type TermsDraft, toPolicy } from './terms.ts';

interface TermsFieldProps {
  value: TermsDraft;
  film?: FilmLength | undefined;
  /** The film has private codes already. */
  hasCodes?: boolean;
  onChange(value: TermsDraft): void;
}

export function TermsField({ value, film, hasCodes = false, onChange }: TermsFieldProps) {
  const set = (change: Partial<TermsDraft>) => onChange({ ...value, ...change });
  const choose = (preset: PresetName) =>
    set(preset === 'own' && !value.own ? { preset, own: ownFrom(value) } : { preset });
  const [viewer, setViewer] = useState<Viewer>(kStranger);
  const policy = policyOf(value);
  const ids = policy?.paths.map(({ id }) => id) ?? [];
  const explained = useExplanation(policy, { ...factsOfFilm(film), ...factsOf(viewer, ids) });
  return (
    <div class="terms">
      <p class="hint">{t('publish.terms.hint')}</p>
      <div class="presets" role="radiogroup" aria-label={t('publish.section.terms')}>
        {presetNames.map((preset) => (
          <label key={preset} class="preset">
            <input
              type="radio"
              name="preset"
              value={preset}
              checked={preset === value.preset}
              onChange={() => choose(preset)}
            />
            <span>{t(`publish.preset.${preset}`)}</span>
          </label>
        ))}
      </div>
      {value.preset === 'own' && value.own && (
        <PolicyBuilder
          value={value.own}
          film={film}
          findings={findingsOf(explained)}
          hasCodes={hasCodes}
          onChange={(own) => set({ own })}
        />
      )}
      <Knobs value={value} film={film} set={set} />
      <Sentences value={value} film={film} set={set} />
      {!(policy && givesAllAway(policy, film)) && <Remarks remarks={explained.explanation?.remarks ?? []} />}
      <WhatIf {...explained} viewer={viewer} onChange={setViewer} />
    </div>
  );
}

/** What may not be meant, in the node's words. */
function Remarks({ remarks }: { remarks: readonly string[] }) {
  if (remarks.length === 0) return null;
  return (
    <ul class="faults remarks" role="status">
      {remarks.map((remark) => (
        <li key={remark}>
          <Icon name="warning" /> <span dir="auto">{remark}</span>
        </li>
      ))}
    </ul>
  );
}

/** A preset, to go on from. */
function ownFrom(draft: TermsDraft): OwnTerms {
  const { policy, codes = {} } = toPolicy(draft);
  const texts = Object.entries(codes).map(([list, of]) => [list, of.map(({ code }) => code).join('\n')] as const);
  return { policy, codes: Object.fromEntries<string>(texts) };
}

function policyOf(draft: TermsDraft): Policy | undefined {
  try {
    return toPolicy(draft).policy;
  } catch {
    return undefined; // Sentences says why
  }
}

interface KnobProps {
  value: TermsDraft;
  film: FilmLength | undefined;
  set(change: Partial<TermsDraft>): void;
}

function Knobs({ value, film, set }: KnobProps) {
  const id = useId();
  const { preset } = value;
  if (preset === 'open' || preset === 'own') return null;
  return (
    <div class="knobs">
      {preset.startsWith('goodwill') && (
        <div class="form-field">
          <label for={`${id}t`}>{t('publish.terms.text')}</label>
          <input
            id={`${id}t`}
            class="field"
            dir="auto"
            value={value.text}
            maxLength={500}
            required
            onInput={(event) => set({ text: event.currentTarget.value })}
          />
        </div>
      )}
      {(preset === 'puzzle' || preset === 'goodwillPuzzle') && (
        <div class="form-field">
          <label for={`${id}d`}>{t('publish.terms.difficulty')}</label>
          <select
            id={`${id}d`}
            class="field"
            value={value.difficulty}
            onChange={(event) => set({ difficulty: Number(event.currentTarget.value) })}
          >
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
          <input
            id={`${id}c`}
            class="field"
            dir="ltr"
            autocomplete="off"
            value={value.code}
            minLength={kMinCodeLength}
            maxLength={128}
            required
            onInput={(event) => set({ code: event.currentTarget.value })}
          />
        </div>
      )}
      <div class="form-field">
        <label for={`${id}l`}>{t('publish.terms.lasts')}</label>
        <select
          id={`${id}l`}
          class="field"
          value={value.unlockSeconds}
          onChange={(event) => set({ unlockSeconds: Number(event.currentTarget.value) })}
        >
          {(
            [
              ['day', 86400],
              ['week', 7 * 86400],
              ['month', 30 * 86400],
            ] as const
          ).map(([name, seconds]) => (
            <option key={name} value={seconds}>
              {t(`publish.terms.lasts.${name}`)}
            </option>
          ))}
        </select>
      </div>
      <PreviewKnob value={value} film={film} set={set} />
    </div>
  );
}

const kShortFilmSeconds = 300; // shorter films have their preview set in seconds

function PreviewKnob({ value, film, set }: KnobProps) {
  const input = useRef<HTMLInputElement>(null);
  const id = useId();
  const inSeconds = film !== undefined && film.seconds < kShortFilmSeconds;
  const unit = inSeconds ? 1 : 60;
  // While the field has the focus its text is left alone: "0." may become "0.5".
  useEffect(() => {
    if (input.current && input.current !== document.activeElement)
      input.current.value = String(value.previewSeconds / unit);
  }, [value.preview, value.previewSeconds, unit]);
  const tooShort = film !== undefined && previewThatFits(film) === undefined;
  return (
    <div class="form-field form-check">
      <label>
        <input
          type="checkbox"
          checked={value.preview}
          aria-describedby={tooShort ? id : undefined}
          onChange={(event) => set({ preview: event.currentTarget.checked, previewChosen: true })}
        />{' '}
        {t('publish.terms.preview')}
      </label>
      {tooShort && (
        <p id={id} class="hint">
          {t('publish.terms.previewTooShort')}
        </p>
      )}
      {value.preview && (
        <label class="minutes">
          <span>{t(inSeconds ? 'publish.terms.previewSeconds' : 'publish.terms.previewMinutes')}</span>
          <input
            ref={input}
            class="field"
            type="number"
            min={inSeconds ? 1 : 0.5}
            max={inSeconds ? kShortFilmSeconds : 60}
            step={inSeconds ? 1 : 0.5}
            onInput={({ currentTarget: { valueAsNumber: length } }) =>
              length > 0 && set({ previewSeconds: Math.round(length * unit), previewChosen: true })
            }
          />
        </label>
      )}
    </div>
  );
}

function Sentences({ value, film, set }: KnobProps) {
  try {
    const { policy } = toPolicy(value);
    return (
      <>
        {isOnCards(value) || (
          <div class="plain-words" role="status">
            <h3>{t('publish.terms.read')}</h3>
            <ul>
              {policySentences(policy, film).map((sentence) => (
                <li key={sentence} dir="auto">
                  {sentence}
                </li>
              ))}
            </ul>
          </div>
        )}
        {film && givesAllAway(policy, film) && <GivesAllAway value={value} film={film} set={set} />}
      </>
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

/** Every card says its sentence by itself. */
function isOnCards({ preset, own }: TermsDraft): boolean {
  return preset === 'own' && own !== undefined && own.json === undefined;
}

/** Warns that nothing is left to unlock, offers a preview that fits, and asks the creator to confirm. */
function GivesAllAway({ value, film, set }: KnobProps & { film: FilmLength }) {
  const fits = value.preset === 'own' ? undefined : previewThatFits(film);
  return (
    <div class="gives-all" role="alert">
      <p>
        <Icon name="warning" /> <span>{t('terms.givesAllAway', { time: formatClock(film.seconds) })}</span>
      </p>
      {fits !== undefined && (
        <button type="button" class="button" onClick={() => set({ previewSeconds: fits, previewChosen: true })}>
          {t('publish.terms.previewUse', { time: formatClock(fits) })}
        </button>
      )}
      <label>
        <input
          type="checkbox"
          required
          checked={value.openToAll}
          onChange={(event) => set({ openToAll: event.currentTarget.checked })}
        />{' '}
        {t('publish.terms.openToAll')}
      </label>
    </div>
  );
}
