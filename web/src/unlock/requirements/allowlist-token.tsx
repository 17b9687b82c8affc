// Something that the creator has given out: a code; or a token on a chain.
import type { RequirementLeaf } from '@swarma/client';
import { useId, useState } from 'preact/hooks';
import { InlineFailure } from '../../frame/failure.tsx';
import { t } from '../../frame/i18n.ts';
import { chainName } from '../money.ts';
import type { StepProps } from '../step-props.ts';
import { useAnswer } from '../use-answer.ts';
import { MembershipStep } from './membership-pass.tsx';
import { NftOwnerStep } from './nft-owner.tsx';
import { param, type RequirementKind } from './requirement.ts';

export const allowlistToken: RequirementKind = {
  values: (leaf) => ({
    list: param(leaf, 'list'),
    tier: param(leaf, 'pass'),
    kind: param(leaf, 'voucher'),
    chain: chainName(Number(param(leaf, 'chain_id'))),
  }),
  variant: variantOf,
  shares: shareOf,
  Step: TokenStep,
};

function shareOf(leaf: RequirementLeaf): string | undefined {
  const variant = variantOf(leaf);
  if (variant === 'nft') return t('requirement.allowlist_token.share.nft');
  return variant === 'pass' ? t('requirement.allowlist_token.share.pass') : undefined;
}

function variantOf(leaf: RequirementLeaf): string {
  return ['pass', 'voucher', 'nft'].find((name) => param(leaf, name) !== '') ?? 'list';
}

function TokenStep(props: StepProps) {
  switch (variantOf(props.leaf)) {
    case 'list':
      return <CodeStep {...props} />;
    case 'pass':
      return <MembershipStep {...props} />;
    case 'nft':
      return <NftOwnerStep {...props} />;
    default:
      return <p class="hint">{t('ways.unavailable')}</p>;
  }
}

function CodeStep(props: StepProps) {
  const { give, busy, error } = useAnswer(props);
  const [code, setCode] = useState('');
  const id = useId();
  return (
    <form
      class="step-body"
      onSubmit={(event) => {
        event.preventDefault();
        if (code.trim()) void give({ code: code.trim() });
      }}
    >
      <label for={id}>{t('requirement.allowlist_token.step.label')}</label>
      <div class="row">
        <input
          id={id}
          class="field"
          value={code}
          onInput={(event) => setCode(event.currentTarget.value)}
          autocomplete="off"
          autocapitalize="off"
          spellcheck={false}
          maxLength={200}
          required
          dir="ltr"
        />
        <button type="submit" class="button button-main" disabled={busy}>
          {t('requirement.allowlist_token.step.submit')}
        </button>
      </div>
      {error !== undefined && <InlineFailure error={error} />}
    </form>
  );
}
