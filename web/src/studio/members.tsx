// Members: the passes that the creator has given, by hand or by a way of a film; giving one, taking one back, a file of
// all of them.
import type { GivenPass, StudioTitle } from '@swarma/client';
import { useEffect, useRef, useState } from 'preact/hooks';
import { announce } from '../frame/announcer.tsx';
import { client } from '../frame/client.ts';
import { Failure, InlineFailure } from '../frame/failure.tsx';
import { formatDate, formatNumber, t } from '../frame/i18n.ts';
import { Icon } from '../frame/icons.tsx';
import { Busy, Empty } from '../frame/states.tsx';
import { useAsync } from '../frame/use-async.ts';
import { DurationField, SelectField, TextField } from './builder/fields.tsx';
import { passesAsCsv } from './passes-csv.ts';

const kUsualLife = 31 * 86400;
const kShortNumber = 10; // characters of a member's number that tell members apart

export function MembersPage() {
  const [further, setFurther] = useState<GivenPass[]>([]);
  const [next, setNext] = useState<string>();
  const [error, setError] = useState<unknown>();
  const first = useAsync(async (signal) => {
    document.title = `${t('members.title')} – ${t('app.name')}`;
    const [page, titles] = await Promise.all([client.creator.passes(undefined, signal), client.creator.titles(signal)]);
    setFurther([]);
    setNext(page.next);
    return { passes: page.passes, titles };
  }, []);
  if (first.error !== undefined) return <Failure page error={first.error} retry={first.retry} />;
  if (!first.value) return <Busy />;
  const { passes, titles } = first.value;
  const more = async () => {
    try {
      const page = await client.creator.passes(next);
      setFurther([...further, ...page.passes]);
      setNext(page.next);
    } catch (problem) {
      setError(problem);
    }
  };
  return (
    <div class="studio">
      <header class="studio-head">
        <h1>{t('members.title')}</h1>
        <a class="button" href="/studio">
          {t('members.back')}
        </a>
      </header>
      <GiveForm titles={titles} onGiven={first.retry} />
      {passes.length === 0 ? (
        <Empty icon="key" title={t('members.none')}>
          {t('members.none.text')}
        </Empty>
      ) : (
        <section aria-labelledby="passes">
          <header class="studio-head">
            <h2 id="passes">{t('members.passes')}</h2>
            <ExportButton />
          </header>
          <PassTable passes={[...passes, ...further]} titles={titles} onChanged={first.retry} />
          {next && (
            <p class="actions">
              <button type="button" class="button" onClick={() => void more()}>
                {t('members.more')}
              </button>
            </p>
          )}
          {error !== undefined && <InlineFailure error={error} />}
        </section>
      )}
    </div>
  );
}

function GiveForm({ titles, onGiven }: { titles: StudioTitle[]; onGiven(): void }) {
  const [holder, setHolder] = useState('');
  const [tier, setTier] = useState('member');
  const [film, setFilm] = useState('');
  const [life, setLife] = useState<number | undefined>(kUsualLife);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const give = async () => {
    setBusy(true);
    setError(undefined);
    try {
      await client.creator.givePass({
        holder: holder.trim(),
        tier: tier.trim(),
        ...(film !== '' && { titles: [film] }),
        ...(life !== undefined && { life_s: life }),
      });
      setHolder('');
      announce(t('members.given'));
      onGiven();
    } catch (problem) {
      setError(problem);
    } finally {
      setBusy(false);
    }
  };
  return (
    <details class="panel give-pass">
      <summary>
        <h2>{t('members.give')}</h2>
      </summary>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void give();
        }}
      >
        <p class="hint">{t('members.give.hint')}</p>
        <div class="knobs">
          <TextField
            label={t('members.number')}
            help={t('members.number.help')}
            value={holder}
            max={43}
            code
            onChange={setHolder}
          />
          <TextField
            label={t('builder.pass.tier')}
            help={t('builder.pass.tier.help')}
            value={tier}
            max={32}
            code
            onChange={setTier}
          />
          <SelectField
            label={t('builder.pass.titles')}
            value={film}
            options={[
              ['', t('builder.pass.titles.all')],
              ...titles.map(({ title_id, name }) => [title_id, name] as const),
            ]}
            onChange={setFilm}
          />
          <DurationField label={t('builder.pass.life')} value={life} unit={86400} onChange={setLife} />
        </div>
        <button type="submit" class="button button-main" disabled={busy || holder.trim() === ''}>
          {t('members.give')}
        </button>
        {error !== undefined && <InlineFailure error={error} />}
      </form>
    </details>
  );
}

/** All passes as a file for a spreadsheet. */
function ExportButton() {
  const [error, setError] = useState<unknown>();
  const save = async () => {
    setError(undefined);
    try {
      const all: GivenPass[] = [];
      let before: string | undefined;
      do {
        const page = await client.creator.passes(before);
        all.push(...page.passes);
        before = page.next;
      } while (before);
      const address = URL.createObjectURL(new Blob([passesAsCsv(all)], { type: 'text/csv' }));
      Object.assign(document.createElement('a'), { href: address, download: 'passes.csv' }).click();
      setTimeout(() => URL.revokeObjectURL(address), 10_000);
    } catch (problem) {
      setError(problem);
    }
  };
  return (
    <>
      <button type="button" class="button" onClick={() => void save()}>
        {t('members.export')}
      </button>
      {error !== undefined && <InlineFailure error={error} />}
    </>
  );
}

interface PassTableProps {
  passes: GivenPass[];
  titles: StudioTitle[];
  onChanged(): void;
}

function PassTable({ passes, titles, onChanged }: PassTableProps) {
  const [leaving, setLeaving] = useState<GivenPass>();
  const nameOf = (id: string) => titles.find(({ title_id }) => title_id === id)?.name ?? id;
  return (
    <>
      <table class="titles passes">
        <thead>
          <tr>
            <th scope="col">{t('members.column.number')}</th>
            <th scope="col">{t('members.column.tier')}</th>
            <th scope="col">{t('members.column.films')}</th>
            <th scope="col">{t('members.column.until')}</th>
            <th scope="col">{t('members.column.state')}</th>
            <td />
          </tr>
        </thead>
        <tbody>
          {passes.map((pass) => (
            <tr key={pass.pass_id} data-pass={pass.pass_id} data-state={pass.state}>
              <th scope="row">
                <code dir="ltr" title={pass.holder}>
                  {pass.holder.slice(0, kShortNumber)}…
                </code>
              </th>
              <td>
                <span class="cell-label">{t('members.column.tier')}: </span>
                {pass.tier}
              </td>
              <td dir="auto">
                <span class="cell-label">{t('members.column.films')}: </span>
                {pass.titles === 'all' ? t('members.films.all') : pass.titles.map(nameOf).join(', ')}
              </td>
              <td>
                <span class="cell-label">{t('members.column.until')}: </span>
                {formatDate(pass.valid_until)}
              </td>
              <td>
                <span class="cell-label">{t('members.column.state')}: </span>
                {t(`members.state.${pass.state}`)}
                {pass.path && <span class="hint"> {t('members.by', { path: pass.path })}</span>}
              </td>
              <td class="titles-actions">
                {pass.state === 'valid' && (
                  <button
                    type="button"
                    class="quiet icon-button"
                    aria-label={t('members.revokeNamed', { name: pass.holder.slice(0, kShortNumber) })}
                    title={t('members.revoke')}
                    onClick={() => setLeaving(pass)}
                  >
                    <Icon name="close" />
                  </button>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <p class="hint">{t('members.count', { n: passes.length, shown: formatNumber(passes.length) })}</p>
      {leaving && <RevokeDialog pass={leaving} onClose={() => setLeaving(undefined)} onRevoked={onChanged} />}
    </>
  );
}

interface RevokeDialogProps {
  pass: GivenPass;
  onClose(): void;
  onRevoked(): void;
}

function RevokeDialog({ pass, onClose, onRevoked }: RevokeDialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [error, setError] = useState<unknown>();
  useEffect(() => dialog.current?.showModal(), []);
  const revoke = async () => {
    try {
      await client.creator.revokePass(pass.pass_id);
      announce(t('members.revoked'));
      onClose();
      onRevoked();
    } catch (problem) {
      setError(problem);
    }
  };
  return (
    <dialog ref={dialog} class="dialog" aria-labelledby="revoke-text" onClose={onClose}>
      <p id="revoke-text">{t('members.revoke.confirm', { tier: pass.tier })}</p>
      {error !== undefined && <InlineFailure error={error} />}
      <p class="actions dialog-actions">
        <button type="button" class="button" onClick={() => dialog.current?.close()}>
          {t('studio.cancel')}
        </button>
        <button type="button" class="button button-bad" onClick={() => void revoke()}>
          {t('members.revoke')}
        </button>
      </p>
    </dialog>
  );
}
