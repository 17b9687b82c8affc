// Language and appearance, in a popover of the platform: it closes with Escape and a click elsewhere by itself.
import { language, languages, setLanguage, t, type Language } from './i18n.ts';
import { setTheme, theme, type Theme } from './theme.ts';
import { Icon } from './icons.tsx';

export function DisplayMenu() {
  return (
    <>
      <button
        type="button"
        class="quiet icon-button"
        popovertarget="display-menu"
        aria-label={t('nav.display')}
        title={t('nav.display')}
      >
        <Icon name="display" />
      </button>
      <div id="display-menu" class="popover" popover="auto">
        <Choice
          legend={t('display.language')}
          name="language"
          value={language.value}
          options={Object.entries(languages).map(([code, name]) => [code, name, code])}
          onChoose={(code) => void setLanguage(code as Language)}
        />
        <Choice
          legend={t('display.theme')}
          name="theme"
          value={theme.value}
          options={(['auto', 'light', 'dark'] as const).map((value) => [value, t(`display.theme.${value}`)])}
          onChoose={(value) => setTheme(value as Theme)}
        />
      </div>
    </>
  );
}

interface ChoiceProps {
  legend: string;
  name: string;
  value: string;
  /** value, label, and the language of the label where it differs */
  options: readonly (readonly [string, string, string?])[];
  onChoose(value: string): void;
}

export function Choice({ legend, name, value, options, onChoose }: ChoiceProps) {
  return (
    <fieldset class="choice">
      <legend>{legend}</legend>
      {options.map(([option, label, lang]) => (
        <label key={option} lang={lang}>
          <input type="radio" name={name} value={option} checked={option === value} onChange={() => onChoose(option)} />
          <span>{label}</span>
        </label>
      ))}
    </fieldset>
  );
}
