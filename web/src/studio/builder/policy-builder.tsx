// Terms without JSON: the ways as cards. Experts may write JSON instead; both edit the same terms.
import type { Policy } from '@swarma/client';
import { useRef } from 'preact/hooks';
import { announce } from '../../frame/announcer.tsx';
import { t } from '../../frame/i18n.ts';
import type { FilmLength } from '../preview.ts';
import type { OwnTerms } from '../terms.ts';
import { parsePolicy } from '../written-terms.ts';
import { type Findings, FindingsContext } from './explanation.ts';
import { Faults, TextField } from './fields.tsx';
import type { CodeTexts } from './leaf-editor.tsx';
import { type Move, WayCard } from './way-card.tsx';
import { freeId, moved, replaced, without } from './ways.ts';

const kMostWays = 16;

interface PolicyBuilderProps {
  value: OwnTerms;
  film: FilmLength | undefined;
  findings: Findings;
  hasCodes: boolean;
  onChange(value: OwnTerms): void;
}

export function PolicyBuilder({ value, film, findings, hasCodes, onChange }: PolicyBuilderProps) {
  const { policy, json } = value;
  // A new name of a list changes codes and terms one after the other: the second change builds on the first.
  const latest = useRef(value);
  latest.current = value;
  const set = (change: Partial<OwnTerms>) => onChange((latest.current = { ...latest.current, ...change }));
  const codes: CodeTexts = { texts: value.codes, kept: hasCodes, onChange: (texts) => set({ codes: texts }) };
  return (
    <FindingsContext.Provider value={findings}>
      {json === undefined ? (
        <Ways policy={policy} film={film} codes={codes} onChange={(changed) => set({ policy: changed })} />
      ) : (
        <AsJson value={value} onChange={onChange} />
      )}
      <p class="actions">
        {json === undefined ? (
          <button
            type="button"
            class="quiet"
            onClick={() => onChange({ ...value, json: JSON.stringify(policy, null, 2) })}
          >
            {t('builder.asJson')}
          </button>
        ) : (
          <button type="button" class="quiet" disabled={!isReadable(json)} onClick={() => onChange(withoutJson(value))}>
            {t('builder.asCards')}
          </button>
        )}
      </p>
    </FindingsContext.Provider>
  );
}

function isReadable(json: string): boolean {
  try {
    parsePolicy(json);
    return true;
  } catch {
    return false;
  }
}

/** Back to the cards, with the terms as they were written. */
function withoutJson({ json = '', codes }: OwnTerms): OwnTerms {
  return { policy: parsePolicy(json), codes };
}

interface WaysProps {
  policy: Policy;
  film: FilmLength | undefined;
  codes: CodeTexts;
  onChange(policy: Policy): void;
}

function Ways({ policy, film, codes, onChange }: WaysProps) {
  const list = useRef<HTMLOListElement>(null);
  const added = useRef<string>(undefined);
  const { paths } = policy;
  const setPaths = (changed: Policy['paths']) => onChange({ ...policy, paths: changed });
  const focusLater = (find: (list: HTMLOListElement) => HTMLElement | null | undefined) =>
    requestAnimationFrame(() => list.current && find(list.current)?.focus());
  const move = (i: number, to: Move) => {
    const place = to === 'up' ? i - 1 : i + 1;
    setPaths(moved(paths, i, place));
    announce(t('builder.moved', { n: place + 1, total: paths.length }));
    focusLater((ways) => {
      const buttons = [...(ways.children[place]?.querySelectorAll<HTMLButtonElement>('[data-move]') ?? [])];
      return (
        buttons.find((button) => button.dataset['move'] === to && !button.disabled) ??
        buttons.find((button) => !button.disabled)
      );
    });
  };
  const remove = (i: number) => {
    setPaths(without(paths, i));
    announce(t('builder.removed'));
    focusLater((ways) => ways.children[Math.min(i, paths.length - 2)]?.querySelector('h3') ?? addButton(ways));
  };
  return (
    <>
      <ol ref={list} class="way-cards">
        {paths.map((way, i) => (
          <WayCard
            key={paths.findIndex(({ id }) => id === way.id) === i ? way.id : i}
            way={way}
            place={i}
            total={paths.length}
            film={film}
            codes={codes}
            opened={way.id === added.current || paths.length === 1}
            onChange={(changed) => setPaths(replaced(paths, i, changed))}
            onMove={(to) => move(i, to)}
            onRemove={() => remove(i)}
          />
        ))}
      </ol>
      <p class="actions">
        <button
          type="button"
          class="button add-way"
          disabled={paths.length >= kMostWays}
          onClick={() => {
            added.current = freeId(policy);
            setPaths([...paths, { id: added.current }]);
            focusLater((ways) => ways.lastElementChild?.querySelector('h3'));
          }}
        >
          {t('builder.addWay')}
        </button>
      </p>
    </>
  );
}

function addButton(ways: Element): HTMLElement | null | undefined {
  return ways.parentElement?.querySelector<HTMLElement>('.add-way');
}

function AsJson({ value, onChange }: Pick<PolicyBuilderProps, 'value' | 'onChange'>) {
  return (
    <FindingsContext.Consumer>
      {({ faults }) => (
        <>
          <JsonField value={value.json ?? ''} onChange={(json) => onChange({ ...value, json })} />
          <Faults faults={faults.map((fault) => ({ ...fault, detail: `${fault.at || '/'}: ${fault.detail}` }))} />
          {Object.entries(value.codes).map(([list, text]) => (
            <TextField
              key={list}
              label={t('builder.codes', { list })}
              value={text}
              max={20_000}
              long
              onChange={(changed) => onChange({ ...value, codes: { ...value.codes, [list]: changed } })}
            />
          ))}
        </>
      )}
    </FindingsContext.Consumer>
  );
}

function JsonField({ value, onChange }: { value: string; onChange(json: string): void }) {
  return (
    <div class="form-field">
      <label for="terms-json">{t('publish.terms.json')}</label>
      <textarea
        id="terms-json"
        class="field code"
        dir="ltr"
        spellcheck={false}
        rows={14}
        value={value}
        onInput={(event) => onChange(event.currentTarget.value)}
      />
    </div>
  );
}
