// One way to unlock a film: its name, what it asks, what it gives, and the sentence that viewers will read.
import type { PolicyPath } from '@swarma/client';
import { useId, useState } from 'preact/hooks';
import { Icon, type IconName } from '../../frame/icons.tsx';
import { t } from '../../frame/i18n.ts';
import type { FilmLength } from '../preview.ts';
import { waySentence } from '../sentences.ts';
import { faultsAt, useFindings } from './explanation.ts';
import { Faults, TextField } from './fields.tsx';
import { GroupEditor } from './group-editor.tsx';
import type { CodeTexts } from './leaf-editor.tsx';
import { Limits } from './limits.tsx';
import { groupOf, omit, requiresOf, withRequires } from './ways.ts';

export type Move = 'up' | 'down';

interface WayCardProps {
  way: PolicyPath;
  place: number;
  total: number;
  film: FilmLength | undefined;
  codes: CodeTexts;
  /** Whether its form is open from the start. */
  opened: boolean;
  onChange(way: PolicyPath): void;
  onMove(move: Move): void;
  onRemove(): void;
}

export function WayCard({ way, place, total, film, codes, opened, onChange, onMove, onRemove }: WayCardProps) {
  const id = useId();
  const [open, setOpen] = useState(opened);
  const at = `/paths/${place}`;
  const name = way.label
    ? t('builder.wayNamed', { n: place + 1, name: way.label })
    : t('builder.way', { n: place + 1 });
  const { faults } = useFindings();
  const isWrong = faults.some((fault) => fault.at === at || fault.at.startsWith(`${at}/`));
  return (
    <li>
      <div class="panel way-card" role="group" aria-labelledby={id} data-way={way.id}>
        <header>
          <h3 id={id} tabIndex={-1} dir="auto">
            {name}
          </h3>
          <CardButton
            icon="up"
            label={t('builder.moveUp', { name })}
            disabled={place === 0}
            move="up"
            onClick={() => onMove('up')}
          />
          <CardButton
            icon="down"
            label={t('builder.moveDown', { name })}
            disabled={place === total - 1}
            move="down"
            onClick={() => onMove('down')}
          />
          <CardButton icon="close" label={t('builder.removeNamed', { name })} onClick={onRemove} />
        </header>
        <p class="way-sentence" role="status" dir="auto">
          {waySentence(way, film)}
        </p>
        <button
          type="button"
          class="button way-toggle"
          aria-expanded={open}
          aria-label={t(open ? 'builder.closeNamed' : 'builder.openNamed', { name })}
          onClick={() => setOpen(!open)}
        >
          {t(open ? 'builder.close' : 'builder.open')}
        </button>
        {open ? (
          <WayForm way={way} at={at} film={film} codes={codes} onChange={onChange} />
        ) : (
          isWrong && <p class="warn">{t('builder.wrong')}</p>
        )}
      </div>
    </li>
  );
}

type WayFormProps = Pick<WayCardProps, 'way' | 'film' | 'codes' | 'onChange'> & { at: string };

function WayForm({ way, at, film, codes, onChange }: WayFormProps) {
  const id = useId();
  const group = groupOf(way.requires);
  const { faults } = useFindings();
  return (
    <>
      <TextField
        label={t('builder.label')}
        help={t('builder.label.help')}
        value={way.label ?? ''}
        max={200}
        faults={faultsAt(faults, at, 'label')}
        onChange={(label) => onChange(labelled(way, label))}
      />
      <section class="way-part" aria-labelledby={`${id}a`}>
        <h4 id={`${id}a`}>{t('builder.asks')}</h4>
        {group.children.length === 0 && <p class="hint">{t('builder.asks.nothing')}</p>}
        <GroupEditor
          group={group}
          at={`${at}/requires`}
          codes={codes}
          onChange={(changed) => onChange(withRequires(way, requiresOf(changed)))}
        />
        {way.score !== undefined && <p class="hint">{t('builder.score')}</p>}
      </section>
      <section class="way-part" aria-labelledby={`${id}g`}>
        <h4 id={`${id}g`}>{t('builder.gives')}</h4>
        <Limits way={way} at={at} film={film} onChange={onChange} />
      </section>
      <Faults faults={faultsAt(faults, at).filter(({ member }) => member !== 'label')} />
    </>
  );
}

function labelled(way: PolicyPath, label: string): PolicyPath {
  return label === '' ? omit(way, 'label') : { ...way, label };
}

interface CardButtonProps {
  icon: IconName;
  label: string;
  disabled?: boolean;
  move?: Move;
  onClick(): void;
}

function CardButton({ icon, label, disabled = false, move, onClick }: CardButtonProps) {
  return (
    <button
      type="button"
      class="quiet icon-button"
      aria-label={label}
      title={label}
      disabled={disabled}
      data-move={move}
      onClick={onClick}
    >
      <Icon name={icon} />
    </button>
  );
}
