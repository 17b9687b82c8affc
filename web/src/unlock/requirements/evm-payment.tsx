// A payment on an EVM chain: sent by the wallet in this browser, or by another one whose transaction and signature are
// pasted. Transaction and signature are kept until the node has decided, so that a payment is never lost.
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { InlineFailure } from '../../frame/failure.tsx';
import { t } from '../../frame/i18n.ts';
import { CopyField } from '../copy-field.tsx';
import { amountOf, chainName } from '../money.ts';
import { QrCode } from '../qr-code.tsx';
import type { StepProps } from '../step-props.ts';
import { useAction } from '../use-action.ts';
import { EvmWallet, evmProvider, hexQuantity, transferData } from '../wallet.ts';
import { Waiting } from '../waiting.tsx';

interface Challenge {
  method: 'evm_native' | 'erc20';
  chain_id: number;
  payee: string;
  token?: string;
  amount: string;
  confirmations: number;
  uri: string; // EIP-681
  typed_data: unknown; // EIP-712
}

interface Paid {
  transaction?: string;
  signature?: string;
}

export function EvmPaymentStep(props: StepProps) {
  const action = useAction<Challenge, Paid>(props);
  const { challenge, place, busy, waiting, error } = action;
  const amount = amountOf(props.leaf);
  const resumed = useRef(false);
  useEffect(() => {
    if (!challenge || resumed.current) return;
    resumed.current = true;
    // Paid and signed before, and left while the chain was waited for.
    if (place?.transaction && place.signature) void action.completeInTime({ ...place });
  }, [challenge]);

  const pay = () =>
    action.attempt(async () => {
      if (!challenge) return;
      const wallet = await EvmWallet.connect(challenge.chain_id);
      const transaction = place?.transaction ?? (await wallet.send(transactionOf(challenge)));
      await action.note({ transaction });
      const paid = { transaction, signature: await wallet.sign(challenge.typed_data) };
      await action.note(paid);
      await action.completeInTime(paid);
    });

  if (!challenge) {
    return (
      <div class="step-body">
        <p class="hint">{t('requirement.crypto_payment.step.evm.before', { amount })}</p>
        <button type="button" class="button button-main" disabled={busy} onClick={() => void action.begin()}>
          {t('requirement.crypto_payment.step.begin')}
        </button>
        {error !== undefined && <InlineFailure error={error} />}
      </div>
    );
  }
  const isSent = place?.transaction !== undefined;
  return (
    <div class="step-body">
      <dl class="bill">
        <div>
          <dt>{t('bill.amount')}</dt>
          <dd>
            <bdi>{amount}</bdi>
          </dd>
        </div>
        <div>
          <dt>{t('bill.fee')}</dt>
          <dd>{t('bill.fee.chain', { chain: chainName(challenge.chain_id) })}</dd>
        </div>
        <div>
          <dt>{t('bill.payee')}</dt>
          <dd>
            <code dir="ltr">{challenge.payee}</code>
          </dd>
        </div>
        <div>
          <dt>{t('bill.failure')}</dt>
          <dd>{t('bill.failure.chain', { n: challenge.confirmations })}</dd>
        </div>
      </dl>
      {waiting && <Waiting what={t('requirement.crypto_payment.step.evm.waiting')} why={waiting} />}
      {evmProvider() && !waiting && (
        <button type="button" class="button button-main" disabled={busy} onClick={() => void pay()}>
          {t(isSent ? 'requirement.crypto_payment.step.evm.sign' : 'requirement.crypto_payment.step.evm.pay')}
        </button>
      )}
      {!waiting && (
        <details class="elsewhere" open={!evmProvider()}>
          <summary>{t('requirement.crypto_payment.step.evm.elsewhere')}</summary>
          <OtherWallet
            challenge={challenge}
            paid={place}
            busy={busy}
            onPaid={(paid) => void action.note(paid).then(() => action.completeInTime({ ...paid }))}
          />
        </details>
      )}
      {error !== undefined && <InlineFailure error={error} />}
      {error !== undefined && place?.signature && (
        <p class="actions">
          <button type="button" class="button" disabled={busy} onClick={() => void action.completeInTime({ ...place })}>
            {t('problem.retry')}
          </button>
          <button type="button" class="button" disabled={busy} onClick={() => void action.note({})}>
            {t('requirement.crypto_payment.step.evm.other')}
          </button>
        </p>
      )}
    </div>
  );
}

function transactionOf({ token, payee, amount }: Challenge) {
  return token ? { to: token, data: transferData(payee, amount) } : { to: payee, value: hexQuantity(amount) };
}

interface OtherWalletProps {
  challenge: Challenge;
  paid: Paid | undefined;
  busy: boolean;
  onPaid(paid: Required<Paid>): void;
}

function OtherWallet({ challenge, paid, busy, onPaid }: OtherWalletProps) {
  const id = useId();
  const [transaction, setTransaction] = useState(paid?.transaction ?? '');
  const [signature, setSignature] = useState('');
  return (
    <form
      class="step-form"
      onSubmit={(event) => {
        event.preventDefault();
        onPaid({ transaction: transaction.trim(), signature: signature.trim() });
      }}
    >
      <QrCode text={challenge.uri} label={t('requirement.crypto_payment.step.evm.qr')} />
      <a class="button" href={challenge.uri}>
        {t('requirement.crypto_payment.step.openWallet')}
      </a>
      <CopyField label={t('requirement.crypto_payment.step.evm.typed')} text={JSON.stringify(challenge.typed_data)} />
      <p class="hint">{t('requirement.crypto_payment.step.evm.signHint')}</p>
      <label for={`${id}t`}>{t('requirement.crypto_payment.step.evm.transaction')}</label>
      <input
        id={`${id}t`}
        class="field"
        dir="ltr"
        autocomplete="off"
        spellcheck={false}
        required
        pattern="\s*0x[0-9a-fA-F]{64}\s*"
        value={transaction}
        onInput={(event) => setTransaction(event.currentTarget.value)}
      />
      <label for={`${id}s`}>{t('requirement.crypto_payment.step.evm.signature')}</label>
      <input
        id={`${id}s`}
        class="field"
        dir="ltr"
        autocomplete="off"
        spellcheck={false}
        required
        pattern="\s*0x[0-9a-fA-F]+\s*"
        maxLength={300}
        value={signature}
        onInput={(event) => setSignature(event.currentTarget.value)}
      />
      <button type="submit" class="button button-main" disabled={busy}>
        {t('requirement.crypto_payment.step.evm.check')}
      </button>
    </form>
  );
}
