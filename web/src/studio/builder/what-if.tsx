// What would a viewer see who has proven this and that? The creator ticks it; the node decides, way by way.
import {
  isLeaf,
  childrenOf,
  type ExplainedPath,
  listLeaves,
  type PolicyFacts,
  type Requirement,
  type RequirementLeaf,
  type Unmet,
} from '@swarma/client';
import { useId } from 'preact/hooks';
import { InlineFailure } from '../../frame/failure.tsx';
import { Icon } from '../../frame/icons.tsx';
import { formatSpan, hasMessage, t } from '../../frame/i18n.ts';
import { requirementWords } from '../../unlock/requirements/requirements.ts';
import { countryName } from '../countries.ts';
import type { Explained } from './explanation.ts';
import { CountryOptions, DurationField, MomentField, NumberField } from './fields.tsx';

/** A viewer, as the creator imagines one. */
export interface Viewer {
  /** Trust of what is proven, by leaf key. */
  proven: Readonly<Record<string, number>>;
  country: string;
  now: number | undefined;
  /** Unlocks of a way, and seconds since the last, by path id. */
  uses: Readonly<Record<string, { unlocks: number; ago: number }>>;
}

export const kStranger: Viewer = { proven: {}, country: '', now: undefined, uses: {} };

export function factsOf({ proven, country, now, uses }: Viewer, ids: readonly string[]): PolicyFacts {
  const moment = now ?? Math.floor(Date.now() / 60_000) * 60;
  const used = Object.entries(uses).filter(([id, { unlocks }]) => unlocks > 0 && ids.includes(id));
  return {
    proofs: Object.entries(proven).map(([key, trust]) => ({ key, trust })),
    ...(country && { country }),
    ...(now !== undefined && { now }),
    ...(used.length > 0 && {
      uses: Object.fromEntries(
        used.map(([id, { unlocks, ago }]) => [id, { unlocks, last_unlock: Math.max(0, moment - ago) }]),
      ),
    }),
  };
}

interface WhatIfProps extends Explained {
  viewer: Viewer;
  onChange(viewer: Viewer): void;
}

export function WhatIf({ explanation, error, viewer, onChange }: WhatIfProps) {
  const id = useId();
  const paths = explanation?.paths ?? [];
  const leaves = distinctLeaves(paths);
  const set = (change: Partial<Viewer>) => onChange({ ...viewer, ...change });
  return (
    <details class="panel what-if">
      <summary>
        <h3>{t('whatIf.title')}</h3>
      </summary>
      <p class="hint">{t('whatIf.hint')}</p>
      {error !== undefined && <InlineFailure error={error} />}
      {explanation && !explanation.valid && <p class="hint">{t('whatIf.notYet')}</p>}
      {leaves.length > 0 && (
        <fieldset class="proven">
          <legend>{t('whatIf.proven')}</legend>
          {leaves.map((leaf) => (
            <Proven
              key={leaf.key}
              leaf={leaf}
              trust={viewer.proven[leaf.key ?? '']}
              onChange={(trust) => set({ proven: withTrust(viewer.proven, leaf.key ?? '', trust) })}
            />
          ))}
        </fieldset>
      )}
      {paths.length > 0 && (
        <div class="knobs">
          {paths.some(({ grants }) => (grants.geo?.allow?.length ?? 0) + (grants.geo?.deny?.length ?? 0) > 0) && (
            <div class="form-field">
              <label for={`${id}c`}>{t('whatIf.country')}</label>
              <select
                id={`${id}c`}
                class="field"
                value={viewer.country}
                onChange={(event) => set({ country: event.currentTarget.value })}
              >
                <option value="">{t('whatIf.country.unknown')}</option>
                <CountryOptions />
              </select>
            </div>
          )}
          <MomentField
            label={t('whatIf.now')}
            help={t('whatIf.now.help')}
            value={viewer.now}
            onChange={(now) => set({ now })}
          />
          {paths
            .filter(({ grants }) => (grants.max_plays ?? 0) > 0 || (grants.cooldown_s ?? 0) > 0)
            .map((path) => (
              <Uses key={path.id} path={path} viewer={viewer} set={set} />
            ))}
        </div>
      )}
      <ul class="decisions" aria-live="polite" aria-label={t('whatIf.sees')}>
        {paths.map((path, i) => (
          <Decision key={path.id} path={path} place={i} leaves={leaves} />
        ))}
      </ul>
    </details>
  );
}

function distinctLeaves(paths: readonly ExplainedPath[]): RequirementLeaf[] {
  const byKey = new Map(paths.flatMap((path) => listLeaves(path.requires)).map((leaf) => [leaf.key, leaf]));
  return [...byKey.values()];
}

function withTrust(proven: Viewer['proven'], key: string, trust: number | undefined): Viewer['proven'] {
  const { [key]: _, ...rest } = proven;
  return trust === undefined ? rest : { ...rest, [key]: trust };
}

interface ProvenProps {
  leaf: RequirementLeaf;
  trust: number | undefined;
  onChange(trust: number | undefined): void;
}

function Proven({ leaf, trust, onChange }: ProvenProps) {
  return (
    <div class="proven-leaf">
      <label>
        <input
          type="checkbox"
          checked={trust !== undefined}
          onChange={(event) => onChange(event.currentTarget.checked ? 1 : undefined)}
        />
        <span dir="auto">{requirementWords(leaf, 'does')}</span>
      </label>
      {trust !== undefined && (leaf.min_trust ?? 0) > 0 && (
        <NumberField
          label={t('whatIf.trust')}
          min={0}
          max={1}
          step={0.05}
          value={trust}
          onChange={(value) => onChange(value ?? 0)}
        />
      )}
    </div>
  );
}

function Uses({ path, viewer, set }: { path: ExplainedPath; viewer: Viewer; set(change: Partial<Viewer>): void }) {
  const use = viewer.uses[path.id] ?? { unlocks: 0, ago: 3600 };
  const put = (change: Partial<typeof use>) => set({ uses: { ...viewer.uses, [path.id]: { ...use, ...change } } });
  const name = path.label || path.id;
  return (
    <>
      <NumberField
        label={t('whatIf.uses', { name })}
        min={0}
        max={1_000_000}
        value={use.unlocks}
        onChange={(unlocks) => put({ unlocks: Math.max(0, Math.round(unlocks ?? 0)) })}
      />
      {use.unlocks > 0 && (
        <DurationField label={t('whatIf.ago', { name })} value={use.ago} onChange={(ago) => put({ ago: ago ?? 0 })} />
      )}
    </>
  );
}

function Decision({ path, place, leaves }: { path: ExplainedPath; place: number; leaves: RequirementLeaf[] }) {
  const { met, unmet } = path.decision;
  const name = path.label
    ? t('builder.wayNamed', { n: place + 1, name: path.label })
    : t('builder.way', { n: place + 1 });
  return (
    <li data-way={path.id} data-met={met}>
      <p>
        <Icon name={met ? 'open' : 'lock'} /> <strong dir="auto">{name}</strong>{' '}
        {t(met ? 'whatIf.open' : 'whatIf.closed')}
      </p>
      {unmet.length > 0 && (
        <ul class="reasons">
          {unmet.map((reason, i) => (
            <li key={i} dir="auto">
              {reasonSentence(reason, path, leaves)}
            </li>
          ))}
        </ul>
      )}
    </li>
  );
}

/** Why a way is closed; a reason that these pages do not know is said in the node's words. */
function reasonSentence(
  { reason, key, how, retry_after_s }: Unmet,
  path: ExplainedPath,
  leaves: RequirementLeaf[],
): string {
  const leaf = leaves.find((candidate) => candidate.key === key);
  const message = `whatIf.reason.${reason}`;
  if (!hasMessage(message)) return how ?? reason;
  const { allow = [], deny = [] } = path.grants.geo ?? {};
  const sentence = t(message, {
    does: leaf ? requirementWords(leaf, 'does') : '',
    trust: leastTrust(path.requires, key ?? ''),
    time: formatSpan(retry_after_s ?? 0),
    n: path.grants.max_plays ?? 0,
    countries: (allow.length > 0 ? allow : deny).map(countryName).join(', '),
  });
  return leaf && isAlternative(path.requires, leaf.key) ? t('whatIf.orOther', { reason: sentence }) : sentence;
}

/** Whether something else can take the place of a requirement. */
function isAlternative(requirement: Requirement | undefined, key: string | undefined, inside = false): boolean {
  if (!requirement) return false;
  if (isLeaf(requirement)) return inside && requirement.key === key;
  const children = childrenOf(requirement);
  const isChoice = inside || ('anyOf' in requirement && children.length > 1);
  return children.some((child) => isAlternative(child, key, isChoice));
}

function leastTrust(requirement: Requirement | undefined, key: string): string {
  if (!requirement) return '';
  if (isLeaf(requirement)) return requirement.key === key ? String(requirement.min_trust ?? 0) : '';
  return (
    childrenOf(requirement)
      .map((child) => leastTrust(child, key))
      .find(Boolean) ?? ''
  );
}
