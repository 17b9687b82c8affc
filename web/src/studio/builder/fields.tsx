// Form fields of the builder: each with its label, its help, and what the node says is wrong with it.
import type { PolicyFault } from '@swarma/client';
import type { ComponentChildren } from 'preact';
import { useEffect, useId, useState } from 'preact/hooks';
import { countryName, kCountries } from '../countries.ts';
import { Icon } from '../../frame/icons.tsx';
import { t } from '../../frame/i18n.ts';

interface FieldProps {
  label: string;
  help?: string | undefined;
  faults?: readonly PolicyFault[];
}

interface Wiring {
  id: string;
  'aria-describedby': string | undefined;
  'aria-invalid': boolean;
}

/** Label above, help and faults below; `children` gets what ties the control to them. */
function Labelled({
  label,
  help,
  faults = [],
  children,
}: FieldProps & { children(wiring: Wiring): ComponentChildren }) {
  const id = useId();
  const described = [help && `${id}h`, faults.length > 0 && `${id}f`].filter(Boolean).join(' ');
  return (
    <div class="form-field">
      <label for={id}>{label}</label>
      {children({ id, 'aria-describedby': described || undefined, 'aria-invalid': faults.length > 0 })}
      {help && (
        <p id={`${id}h`} class="hint">
          {help}
        </p>
      )}
      {faults.length > 0 && <Faults id={`${id}f`} faults={faults} />}
    </div>
  );
}

/** What the node says is wrong. */
export function Faults({ faults, id }: { faults: readonly PolicyFault[]; id?: string }) {
  if (faults.length === 0) return null;
  return (
    <ul class="faults" id={id}>
      {faults.map(({ at, detail }) => (
        <li key={at + detail}>
          <Icon name="warning" /> <span dir="auto">{detail}</span>
        </li>
      ))}
    </ul>
  );
}

type TextProps = FieldProps & {
  value: string;
  max: number;
  long?: boolean | undefined;
  code?: boolean | undefined;
  onChange(value: string): void;
};

export function TextField({ value, max, long = false, code = false, onChange, ...field }: TextProps) {
  return (
    <Labelled {...field}>
      {(wiring) =>
        long ? (
          <textarea
            {...wiring}
            class="field short"
            dir="auto"
            rows={2}
            maxLength={max}
            value={value}
            onInput={(event) => onChange(event.currentTarget.value)}
          />
        ) : (
          <input
            {...wiring}
            class="field"
            dir={code ? 'ltr' : 'auto'}
            autocomplete="off"
            spellcheck={!code}
            maxLength={max}
            value={value}
            onInput={(event) => onChange(event.currentTarget.value)}
          />
        )
      }
    </Labelled>
  );
}

type NumberProps = FieldProps & {
  value: number | undefined;
  min: number;
  max: number;
  step?: number;
  onChange(value: number | undefined): void;
};

export function NumberField({ value, min, max, step = 1, onChange, ...field }: NumberProps) {
  const [text, setText] = useNumberText(value);
  return (
    <Labelled {...field}>
      {(wiring) => (
        <input
          {...wiring}
          class="field"
          type="number"
          min={min}
          max={max}
          step={step}
          value={text}
          onInput={({ currentTarget }) => {
            setText(currentTarget.value);
            onChange(Number.isFinite(currentTarget.valueAsNumber) ? currentTarget.valueAsNumber : undefined);
          }}
        />
      )}
    </Labelled>
  );
}

/** The text of a number as it is typed: "0." may become "0.5". It follows the number when that changes elsewhere. */
function useNumberText(value: number | undefined): [string, (text: string) => void] {
  const [text, setText] = useState(String(value ?? ''));
  useEffect(() => {
    if (value !== (text === '' ? undefined : Number(text))) setText(String(value ?? ''));
  }, [value]);
  return [text, setText];
}

const kUnits = [
  ['second', 1],
  ['minute', 60],
  ['hour', 3600],
  ['day', 86400],
] as const;

type DurationProps = FieldProps & {
  value: number | undefined;
  /** Seconds of the unit to begin with. */
  unit?: number;
  onChange(seconds: number | undefined): void;
};

/** A length of time as a number and its unit. */
export function DurationField({ value, unit: usual = 60, onChange, ...field }: DurationProps) {
  const fitting = kUnits.findLast(([, size]) => value !== undefined && value > 0 && value % size === 0)?.[1] ?? usual;
  const [unit, setUnit] = useState<number>(fitting);
  const shown = value === undefined ? undefined : value / unit;
  const [text, setText] = useNumberText(shown);
  return (
    <Labelled {...field}>
      {(wiring) => (
        <span class="duration">
          <input
            {...wiring}
            class="field"
            type="number"
            min={0}
            step="any"
            value={text}
            onInput={({ currentTarget }) => {
              setText(currentTarget.value);
              const length = currentTarget.valueAsNumber;
              onChange(Number.isFinite(length) ? Math.round(length * unit) : undefined);
            }}
          />
          <select
            class="field"
            aria-label={t('builder.unit', { label: field.label })}
            value={unit}
            onChange={({ currentTarget }) => {
              const chosen = Number(currentTarget.value);
              setUnit(chosen);
              if (text !== '') onChange(Math.round(Number(text) * chosen));
            }}
          >
            {kUnits.map(([name, size]) => (
              <option key={name} value={size}>
                {t(`builder.unit.${name}`)}
              </option>
            ))}
          </select>
        </span>
      )}
    </Labelled>
  );
}

type SelectProps<T extends string> = FieldProps & {
  value: T;
  options: readonly (readonly [value: T, label: string])[];
  onChange(value: T): void;
};

export function SelectField<T extends string>({ value, options, onChange, ...field }: SelectProps<T>) {
  return (
    <Labelled {...field}>
      {(wiring) => (
        <select {...wiring} class="field" value={value} onChange={(event) => onChange(event.currentTarget.value as T)}>
          {options.map(([name, label]) => (
            <option key={name} value={name}>
              {label}
            </option>
          ))}
        </select>
      )}
    </Labelled>
  );
}

type ListProps = FieldProps & { value: string[]; onChange(value: string[]): void };

/** Texts, one a line. */
export function ListField({ value, onChange, ...field }: ListProps) {
  const [text, setText] = useState(value.join('\n'));
  return (
    <Labelled {...field}>
      {(wiring) => (
        <textarea
          {...wiring}
          class="field short"
          dir="ltr"
          rows={2}
          spellcheck={false}
          value={text}
          onInput={({ currentTarget }) => {
            setText(currentTarget.value);
            onChange(linesOf(currentTarget.value));
          }}
        />
      )}
    </Labelled>
  );
}

function linesOf(text: string): string[] {
  return [...new Set(text.split(/[\n,،;]/).map((line) => line.trim()))].filter(Boolean);
}

type MomentProps = FieldProps & { value: number | undefined; onChange(unixSeconds: number | undefined): void };

/** A moment by the clock of the creator's own place. */
export function MomentField({ value, onChange, ...field }: MomentProps) {
  return (
    <Labelled {...field}>
      {(wiring) => (
        <input
          {...wiring}
          class="field"
          type="datetime-local"
          value={value === undefined ? '' : localText(value)}
          onChange={({ currentTarget }) => {
            const moment = new Date(currentTarget.value).getTime();
            onChange(Number.isFinite(moment) && currentTarget.value !== '' ? Math.floor(moment / 1000) : undefined);
          }}
        />
      )}
    </Labelled>
  );
}

function localText(unixSeconds: number): string {
  const moment = new Date(unixSeconds * 1000);
  return new Date(moment.getTime() - moment.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

type CountriesProps = FieldProps & { value: readonly string[]; onChange(value: string[]): void };

/** Countries, chosen one after the other. */
export function CountriesField({ value, onChange, ...field }: CountriesProps) {
  return (
    <div class="countries">
      <Labelled {...field}>
        {(wiring) => (
          <select
            {...wiring}
            class="field"
            value=""
            onChange={({ currentTarget }) => {
              onChange([...value, currentTarget.value]);
              currentTarget.value = '';
            }}
          >
            <option value="">{t('builder.countries.add')}</option>
            <CountryOptions without={value} />
          </select>
        )}
      </Labelled>
      {value.length > 0 && (
        <ul class="chips" aria-label={field.label}>
          {value.map((code) => (
            <li key={code}>
              <button
                type="button"
                class="chip"
                aria-label={t('builder.countries.remove', { country: countryName(code) })}
                onClick={() => onChange(value.filter((other) => other !== code))}
              >
                {countryName(code)} <Icon name="close" />
              </button>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

export function CountryOptions({ without: left = [] }: { without?: readonly string[] }) {
  const named = kCountries.filter((code) => !left.includes(code)).map((code) => [code, countryName(code)] as const);
  named.sort(([, a], [, b]) => a.localeCompare(b));
  return (
    <>
      {named.map(([code, name]) => (
        <option key={code} value={code}>
          {name}
        </option>
      ))}
    </>
  );
}
