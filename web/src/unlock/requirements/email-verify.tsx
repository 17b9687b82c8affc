// An e-mail address: a mail with a code and a link. The code is entered here; the link may be opened on any device, and
// this page sees that by itself.
import { useEffect, useId, useState } from 'preact/hooks';
import { InlineFailure } from '../../frame/failure.tsx';
import { formatList, formatMoment, formatSpan, language, t } from '../../frame/i18n.ts';
import type { StepProps } from '../step-props.ts';
import { useAction, type UsedAction } from '../use-action.ts';
import { useSecondsUntil } from '../use-seconds.ts';
import { listParam, type RequirementKind } from './requirement.ts';

export const emailVerify: RequirementKind = {
  values: (leaf) => ({ domains: formatList(listParam(leaf, 'allow')) }),
  variant: (leaf) => (listParam(leaf, 'allow').length > 0 ? 'domains' : ''),
  shares: () => t('requirement.email_verify.share'),
  Step: EmailStep,
};

interface Challenge {
  from: string;
  digits: number;
}

interface Sent {
  address: string;
  mail: string; // "sent", or "unknown" when it may or may not arrive
  expires_at: number;
  next_at: number;
}

function EmailStep(props: StepProps) {
  const action = useAction<Challenge, Sent | Record<string, never>>(props);
  const { place, challenge } = action;
  return place && 'address' in place ? (
    <Code action={action} sent={place as Sent} from={challenge?.from ?? ''} digits={challenge?.digits ?? 8} />
  ) : (
    <Address action={action} />
  );
}

type Action = UsedAction<Challenge, Sent | Record<string, never>>;

async function sendMail(action: Action, address: string): Promise<void> {
  const reply = await action.tell({ address, language: language.value });
  if (!reply) return;
  const number = (name: string) => (typeof reply[name] === 'number' ? reply[name] : 0);
  await action.note({
    address,
    mail: String(reply['mail']),
    expires_at: number('expires_at'),
    next_at: number('next_at'),
  });
}

function Address({ action }: { action: Action }) {
  const id = useId();
  const [address, setAddress] = useState('');
  return (
    <form
      class="step-body"
      onSubmit={(event) => {
        event.preventDefault();
        void sendMail(action, address.trim());
      }}
    >
      <p class="hint">{t('requirement.email_verify.step.before')}</p>
      <label for={id}>{t('requirement.email_verify.step.address')}</label>
      <div class="row">
        <input
          id={id}
          class="field"
          type="email"
          dir="ltr"
          autocomplete="email"
          required
          maxLength={254}
          value={address}
          onInput={(event) => setAddress(event.currentTarget.value)}
        />
        <button type="submit" class="button button-main" disabled={action.busy}>
          {t('requirement.email_verify.step.send')}
        </button>
      </div>
      {action.error !== undefined && <InlineFailure error={action.error} />}
    </form>
  );
}

interface CodeProps {
  action: Action;
  sent: Sent;
  from: string;
  digits: number;
}

function Code({ action, sent, from, digits }: CodeProps) {
  const id = useId();
  const [code, setCode] = useState('');
  const { busy, error } = action;
  const pause = useSecondsUntil(sent.next_at);
  const left = useSecondsUntil(sent.expires_at);
  const isOver = left === 0;
  useEffect(() => {
    if (!busy && !isOver) action.watch({}); // whether the link was opened, here or elsewhere
    return action.stop;
  }, [sent.address, sent.next_at, busy, isOver]);
  return (
    <form
      class="step-body"
      onSubmit={(event) => {
        event.preventDefault();
        void action.complete({ code: code.trim() });
      }}
    >
      <p role="status">
        {isOver
          ? t('requirement.email_verify.step.over')
          : t(sent.mail === 'unknown' ? 'requirement.email_verify.step.maybe' : 'requirement.email_verify.step.sent', {
              address: sent.address,
              from,
            })}
      </p>
      {!isOver && (
        <>
          <p class="hint">{t('requirement.email_verify.step.link', { time: formatMoment(sent.expires_at) })}</p>
          <label for={id}>{t('requirement.email_verify.step.code', { n: digits })}</label>
          <div class="row">
            <input
              id={id}
              class="field"
              dir="ltr"
              inputMode="numeric"
              autocomplete="one-time-code"
              required
              maxLength={20}
              value={code}
              onInput={(event) => setCode(event.currentTarget.value)}
            />
            <button type="submit" class="button button-main" disabled={busy}>
              {t('requirement.email_verify.step.confirm')}
            </button>
          </div>
        </>
      )}
      {error !== undefined && <InlineFailure error={error} />}
      <p class="actions">
        <button
          type="button"
          class="button"
          disabled={busy || pause > 0}
          onClick={() => void sendMail(action, sent.address)}
        >
          {pause > 0
            ? t('requirement.email_verify.step.againIn', { time: formatSpan(pause) })
            : t('requirement.email_verify.step.again')}
        </button>
        <button type="button" class="quiet" disabled={busy} onClick={() => void action.note({})}>
          {t('requirement.email_verify.step.other')}
        </button>
      </p>
    </form>
  );
}
