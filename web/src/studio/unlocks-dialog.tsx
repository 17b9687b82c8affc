// How a film was unlocked lately: a row for each way, with a bar for each day. Numbers only: nobody is in them.
import type { StudioTitle } from '@swarma/client';
import { useEffect, useRef } from 'preact/hooks';
import { client } from '../frame/client.ts';
import { Failure } from '../frame/failure.tsx';
import { formatNumber, t } from '../frame/i18n.ts';
import { Icon } from '../frame/icons.tsx';
import { Busy } from '../frame/states.tsx';
import { useAsync } from '../frame/use-async.ts';
import { countsByWay, kShownDays } from './unlock-counts.ts';

export function UnlocksDialog({ title, onClose }: { title: StudioTitle; onClose(): void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  const { value, error, retry } = useAsync(
    (signal) => client.creator.unlocks(title.title_id, signal),
    [title.title_id],
  );
  const ways = value && countsByWay(value, Date.now() / 1000);
  const labelOf = (path: string) => title.policy?.paths.find(({ id }) => id === path)?.label || path;
  const most = Math.max(1, ...(ways ?? []).flatMap(({ days }) => days));
  return (
    <dialog ref={dialog} class="dialog" aria-labelledby="unlocks-title" onClose={onClose}>
      <header>
        <h2 id="unlocks-title" dir="auto">
          {t('unlocks.title', { name: title.name })}
        </h2>
        <button
          type="button"
          class="quiet icon-button"
          aria-label={t('unlocks.close')}
          onClick={() => dialog.current?.close()}
        >
          <Icon name="close" />
        </button>
      </header>
      <p class="hint">{t('unlocks.hint', { total: formatNumber(title.unlocks) })}</p>
      {error !== undefined && <Failure error={error} retry={retry} />}
      {!ways && error === undefined && <Busy />}
      {ways?.length === 0 && <p>{t('unlocks.none', { n: kShownDays })}</p>}
      {ways && ways.length > 0 && (
        <table class="titles unlock-counts">
          <thead>
            <tr>
              <th scope="col">{t('unlocks.way')}</th>
              <th scope="col" class="number">
                {t('unlocks.days', { n: 7 })}
              </th>
              <th scope="col" class="number">
                {t('unlocks.days', { n: kShownDays })}
              </th>
              <td />
            </tr>
          </thead>
          <tbody>
            {ways.map(({ path, days, week, month }) => (
              <tr key={path}>
                <th scope="row" dir="auto">
                  {labelOf(path)}
                </th>
                <td class="number">{formatNumber(week)}</td>
                <td class="number">{formatNumber(month)}</td>
                <td class="unlock-bars" aria-hidden="true">
                  {days.map((n, i) => (
                    <span key={i} style={{ blockSize: `${Math.ceil((n / most) * 100)}%` }} />
                  ))}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </dialog>
  );
}
