// Ownership of a token on a chain: the account that owns it signs; nothing is sent and nothing costs anything.
import { useId, useState } from 'preact/hooks';
import { InlineFailure } from '../../frame/failure.tsx';
import { t } from '../../frame/i18n.ts';
import { CopyField } from '../copy-field.tsx';
import type { StepProps } from '../step-props.ts';
import { useAction } from '../use-action.ts';
import { EvmWallet, evmProvider } from '../wallet.ts';
import { Waiting } from '../waiting.tsx';

interface Challenge {
  chain_id: number;
  token: string;
  typed_data: unknown; // EIP-712
}

export function NftOwnerStep(props: StepProps) {
  const action = useAction<Challenge>(props);
  const { challenge, busy, waiting, error } = action;
  const id = useId();
  const [signature, setSignature] = useState('');
  if (!challenge) {
    return (
      <div class="step-body">
        <p class="hint">{t('requirement.allowlist_token.step.nft.before')}</p>
        <button type="button" class="button button-main" disabled={busy} onClick={() => void action.begin()}>
          {t('requirement.allowlist_token.step.nft.begin')}
        </button>
        {error !== undefined && <InlineFailure error={error} />}
      </div>
    );
  }
  const sign = () =>
    action.attempt(async () => {
      const wallet = await EvmWallet.connect(challenge.chain_id);
      await action.completeInTime({ signature: await wallet.sign(challenge.typed_data) });
    });
  return (
    <div class="step-body">
      <CopyField label={t('requirement.allowlist_token.step.nft.contract')} text={challenge.token} />
      {evmProvider() && (
        <button type="button" class="button button-main" disabled={busy} onClick={() => void sign()}>
          {t('requirement.allowlist_token.step.nft.sign')}
        </button>
      )}
      <details class="elsewhere" open={!evmProvider()}>
        <summary>{t('requirement.allowlist_token.step.nft.elsewhere')}</summary>
        <form
          class="step-form"
          onSubmit={(event) => {
            event.preventDefault();
            void action.completeInTime({ signature: signature.trim() });
          }}
        >
          <CopyField
            label={t('requirement.crypto_payment.step.evm.typed')}
            text={JSON.stringify(challenge.typed_data)}
          />
          <label for={id}>{t('requirement.crypto_payment.step.evm.signature')}</label>
          <input
            id={id}
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
          <button type="submit" class="button" disabled={busy}>
            {t('requirement.crypto_payment.step.evm.check')}
          </button>
        </form>
      </details>
      {waiting && <Waiting what={t('requirement.allowlist_token.step.nft.waiting')} why={waiting} />}
      {error !== undefined && <InlineFailure error={error} />}
    </div>
  );
}
