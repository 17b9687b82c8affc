// What a way gives: which part of the film, in which quality, for how long, how often, where and when.
import type { PolicyPath } from '@swarma/client';
import { t } from '../../frame/i18n.ts';
import { type FilmLength, secondsOfSlot } from '../preview.ts';
import { faultsAt, faultsWithin, useFindings } from './explanation.ts';
import { CountriesField, DurationField, Faults, MomentField, NumberField, SelectField, TextField } from './fields.tsx';
import { omit, unlockLife, withGrants, withPass } from './ways.ts';

const kMostTimes = 1_000_000;
const kFirstPart = 120; // seconds: what "the first part" begins with
const kNewPass = { tier: 'member', life_s: 31 * 86400 };
const kShown = ['unlock_s', 'ttl_s', 'window_s', 'count', 'max_plays', 'cooldown_s', 'key_groups'];

interface LimitsProps {
  way: PolicyPath;
  at: string;
  film: FilmLength | undefined;
  onChange(way: PolicyPath): void;
}

export function Limits({ way, at, film, onChange }: LimitsProps) {
  const grants = way.grants ?? {};
  const place = `${at}/grants`;
  const set = (change: Parameters<typeof withGrants>[1]) => onChange(withGrants(way, change));
  const { faults } = useFindings();
  const further = faultsWithin(faults, place, kShown).filter(
    ({ at: where }) => where !== `${place}/seconds` && where !== `${place}/pass`,
  );
  const { from, until } = grants.between ?? {};
  const between = (change: { from?: number | undefined; until?: number | undefined }) => {
    const kept = Object.entries({ from, until, ...change }).filter(([, value]) => value !== undefined);
    set({ between: kept.length > 0 ? Object.fromEntries(kept) : undefined });
  };
  const countries = (name: 'allow' | 'deny') => (list: string[]) => {
    const geo = { ...grants.geo, [name]: list };
    const kept = Object.entries(geo).filter(([, codes]) => codes.length > 0);
    set({ geo: kept.length > 0 ? Object.fromEntries(kept) : undefined });
  };
  const isLimited = [
    grants.ttl_s,
    grants.window_s,
    grants.count,
    grants.max_plays,
    grants.cooldown_s,
    grants.geo,
    grants.between,
  ].some((value) => value !== undefined);
  const { pass } = grants;
  return (
    <>
      <div class="knobs">
        <PartField way={way} at={place} film={film} set={set} onChange={onChange} />
        {pass && <PassFields pass={pass} at={`${place}/pass`} set={set} />}
        {!pass && <QualityField groups={grants.key_groups} at={place} film={film} set={set} />}
        {!pass && way.requires && (
          <DurationField
            label={t('builder.unlock')}
            help={t('builder.unlock.help')}
            value={grants.unlock_s}
            faults={faultsAt(faults, place, 'unlock_s')}
            unit={86400}
            onChange={(unlock_s) => set(unlockLife(grants, unlock_s))}
          />
        )}
      </div>
      <details class="more" open={isLimited}>
        <summary>{t('builder.limits')}</summary>
        <div class="knobs">
          <NumberField
            label={t('builder.maxPlays')}
            help={t('builder.maxPlays.help')}
            min={0}
            max={kMostTimes}
            value={grants.max_plays}
            faults={faultsAt(faults, place, 'max_plays')}
            onChange={(max_plays) => set({ max_plays })}
          />
          <DurationField
            label={t('builder.cooldown')}
            help={t('builder.cooldown.help')}
            value={grants.cooldown_s}
            faults={faultsAt(faults, place, 'cooldown_s')}
            unit={3600}
            onChange={(cooldown_s) => set({ cooldown_s })}
          />
          <MomentField label={t('builder.from')} value={from} onChange={(moment) => between({ from: moment })} />
          <MomentField label={t('builder.until')} value={until} onChange={(moment) => between({ until: moment })} />
          <CountriesField
            label={t('builder.countries.allow')}
            help={t('builder.countries.help')}
            value={grants.geo?.allow ?? []}
            onChange={countries('allow')}
          />
          <CountriesField
            label={t('builder.countries.deny')}
            value={grants.geo?.deny ?? []}
            onChange={countries('deny')}
          />
          {!pass && <KeyLimits grants={grants} at={place} set={set} />}
        </div>
      </details>
      <Faults faults={further} />
    </>
  );
}

interface KeyLimitsProps {
  grants: NonNullable<PolicyPath['grants']>;
  at: string;
  set(change: Parameters<typeof withGrants>[1]): void;
}

/** Of the keys that one unlock gives. */
function KeyLimits({ grants, at, set }: KeyLimitsProps) {
  const { faults } = useFindings();
  return (
    <>
      <DurationField
        label={t('builder.ttl')}
        help={t('builder.ttl.help')}
        value={grants.ttl_s}
        faults={faultsAt(faults, at, 'ttl_s')}
        unit={3600}
        onChange={(ttl_s) => set({ ttl_s })}
      />
      <DurationField
        label={t('builder.window')}
        help={t('builder.window.help')}
        value={grants.window_s}
        faults={faultsAt(faults, at, 'window_s')}
        onChange={(window_s) => set({ window_s })}
      />
      <NumberField
        label={t('builder.count')}
        help={t('builder.count.help')}
        min={0}
        max={kMostTimes}
        value={grants.count}
        faults={faultsAt(faults, at, 'count')}
        onChange={(count) => set({ count })}
      />
    </>
  );
}

interface PartProps {
  at: string;
  film: FilmLength | undefined;
  set(change: Parameters<typeof withGrants>[1]): void;
}

type Part = 'all' | 'first' | 'between' | 'pass';

function PartField({ way, at, film, set, onChange }: PartProps & Pick<LimitsProps, 'way' | 'onChange'>) {
  const { grants } = way;
  const seconds = grants?.seconds ?? grants?.slots?.map((slot) => Math.round(secondsOfSlot(slot, film)));
  const [begin = 0, end] = seconds ?? [];
  const part: Part = grants?.pass ? 'pass' : seconds === undefined ? 'all' : begin === 0 ? 'first' : 'between';
  const { faults } = useFindings();
  const put = (from: number | undefined, to: number | undefined) =>
    set({ slots: undefined, pass: undefined, seconds: [from ?? 0, to ?? 0] });
  return (
    <>
      <SelectField
        label={t('builder.part')}
        value={part}
        options={[
          ['all', t('builder.part.all')],
          ['first', t('builder.part.first')],
          ['between', t('builder.part.between')],
          ['pass', t('builder.part.pass')],
        ]}
        onChange={(chosen) => {
          if (chosen === 'pass') onChange(withPass(way, kNewPass));
          else if (chosen === 'all') set({ slots: undefined, seconds: undefined, pass: undefined });
          else put(chosen === 'first' ? 0 : Math.max(1, begin), end ?? kFirstPart);
        }}
      />
      {part === 'between' && (
        <DurationField label={t('builder.part.begin')} value={begin} onChange={(from) => put(from ?? 1, end)} />
      )}
      {(part === 'first' || part === 'between') && (
        <DurationField
          label={t('builder.part.end')}
          value={end}
          faults={faultsAt(faults, `${at}/seconds`)}
          onChange={(to) => put(begin, to)}
        />
      )}
    </>
  );
}

function PassFields({
  pass,
  at,
  set,
}: Omit<PartProps, 'film'> & { pass: NonNullable<NonNullable<PolicyPath['grants']>['pass']> }) {
  const { faults } = useFindings();
  const change = (more: Partial<typeof pass>) => set({ pass: { ...pass, ...more } });
  return (
    <>
      <TextField
        label={t('builder.pass.tier')}
        help={t('builder.pass.tier.help')}
        value={pass.tier}
        max={32}
        code
        faults={faultsAt(faults, at, 'tier')}
        onChange={(tier) => change({ tier })}
      />
      <SelectField
        label={t('builder.pass.titles')}
        value={pass.titles ?? 'all'}
        options={[
          ['all', t('builder.pass.titles.all')],
          ['this', t('builder.pass.titles.this')],
        ]}
        onChange={(titles) => change({ titles })}
      />
      <DurationField
        label={t('builder.pass.life')}
        value={pass.life_s}
        unit={86400}
        faults={faultsAt(faults, at, 'life_s')}
        onChange={(life_s) => set({ pass: life_s === undefined ? omit(pass, 'life_s') : { ...pass, life_s } })}
      />
    </>
  );
}

function QualityField({ groups, at, film, set }: PartProps & { groups: string[] | undefined }) {
  const { faults } = useFindings();
  const known = film?.groups ?? ['sd', 'hd'];
  const value = groups === undefined ? '' : groups.join(' ');
  const single = known.length > 1 && known.includes('sd') ? ['sd'] : [];
  const options = ['', ...new Set([...single, value])].filter((name, i, all) => all.indexOf(name) === i);
  if (options.length < 2) return null;
  return (
    <SelectField
      label={t('builder.quality')}
      value={value}
      options={options.map((name) => [name, qualityName(name)] as const)}
      faults={faultsAt(faults, at, 'key_groups')}
      onChange={(name) => set({ key_groups: name === '' ? undefined : name.split(' ') })}
    />
  );
}

function qualityName(name: string): string {
  if (name === '') return t('builder.quality.all');
  return name === 'sd' ? t('builder.quality.sd') : name;
}
