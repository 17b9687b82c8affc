// A payment over Lightning: an invoice as code, link and text. The page sees by itself when it is paid.
import { useEffect } from 'preact/hooks';
import { InlineFailure } from '../../frame/failure.tsx';
import { formatMoment, t } from '../../frame/i18n.ts';
import { CopyField } from '../copy-field.tsx';
import { amountOf } from '../money.ts';
import { QrCode } from '../qr-code.tsx';
import type { StepProps } from '../step-props.ts';
import { useAction } from '../use-action.ts';
import { useSecondsUntil } from '../use-seconds.ts';
import { Waiting } from '../waiting.tsx';

interface Challenge {
  invoice: string;
  amount_msat: number;
  payee: string;
  uri: string; // lightning:…
  expires_at: number; // of the invoice; the action lives longer, so a payment counts later, too
}

export function LightningPaymentStep(props: StepProps) {
  const action = useAction<Challenge>(props);
  const { challenge, busy, waiting, error } = action;
  const isOver = useSecondsUntil(challenge?.expires_at ?? Number.MAX_SAFE_INTEGER) === 0;
  useEffect(() => {
    if (challenge) void action.completeInTime({});
  }, [challenge?.invoice]);

  if (!challenge) {
    return (
      <div class="step-body">
        <p class="hint">{t('requirement.crypto_payment.step.lightning.before', { amount: amountOf(props.leaf) })}</p>
        <button type="button" class="button button-main" disabled={busy} onClick={() => void action.begin()}>
          {t('requirement.crypto_payment.step.lightning.begin')}
        </button>
        {error !== undefined && <InlineFailure error={error} />}
      </div>
    );
  }
  return (
    <div class="step-body">
      <dl class="bill">
        <div>
          <dt>{t('bill.amount')}</dt>
          <dd>
            <bdi>{amountOf(props.leaf)}</bdi>
          </dd>
        </div>
        <div>
          <dt>{t('bill.fee')}</dt>
          <dd>{t('bill.fee.lightning')}</dd>
        </div>
        <div>
          <dt>{t('bill.payee')}</dt>
          <dd>
            <code dir="ltr">{challenge.payee}</code>
          </dd>
        </div>
        <div>
          <dt>{t('bill.failure')}</dt>
          <dd>{t('bill.failure.lightning')}</dd>
        </div>
      </dl>
      {isOver ? (
        <>
          <p>{t('requirement.crypto_payment.step.lightning.over')}</p>
          <button type="button" class="button" onClick={() => void action.startOver().then(action.begin)}>
            {t('requirement.crypto_payment.step.lightning.again')}
          </button>
        </>
      ) : (
        <>
          <QrCode text={challenge.uri} label={t('requirement.crypto_payment.step.lightning.qr')} />
          <a class="button button-main" href={challenge.uri}>
            {t('requirement.crypto_payment.step.openWallet')}
          </a>
          <CopyField label={t('requirement.crypto_payment.step.lightning.invoice')} text={challenge.invoice} />
          <p class="hint">
            {t('requirement.crypto_payment.step.lightning.until', { time: formatMoment(challenge.expires_at) })}
          </p>
        </>
      )}
      {busy && <Waiting what={t('requirement.crypto_payment.step.lightning.waiting')} why={waiting} />}
      {error !== undefined && (
        <>
          <InlineFailure error={error} />
          <button type="button" class="button" disabled={busy} onClick={() => void action.completeInTime({})}>
            {t('requirement.crypto_payment.step.paid')}
          </button>
        </>
      )}
    </div>
  );
}
