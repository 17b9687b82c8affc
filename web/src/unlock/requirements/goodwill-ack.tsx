// A promise: the viewer agrees to a sentence of the creator's.
import { sha256, toBase64url, utf8 } from '@swarma/client';
import { InlineFailure } from '../../frame/failure.tsx';
import { t } from '../../frame/i18n.ts';
import type { StepProps } from '../step-props.ts';
import { useAnswer } from '../use-answer.ts';
import { param, type RequirementKind } from './requirement.ts';

export const goodwillAck: RequirementKind = {
  values: (leaf) => ({ text: param(leaf, 'text') }),
  Step: GoodwillStep,
};

function GoodwillStep(props: StepProps) {
  const { give, busy, error } = useAnswer(props);
  const promise = param(props.leaf, 'text');
  // The hash covers the sentence that is shown here, which is what the viewer agrees to, not the text of the challenge.
  const accept = async () => give({ accepted: true, text_hash: toBase64url(await sha256(utf8(promise))) });
  return (
    <div class="step-body">
      <p class="hint">{t('requirement.goodwill_ack.step.text')}</p>
      <blockquote>
        <span dir="auto">{promise}</span>
      </blockquote>
      <button type="button" class="button button-main" disabled={busy} onClick={() => void accept()}>
        {t('requirement.goodwill_ack.step.agree')}
      </button>
      {error !== undefined && <InlineFailure error={error} />}
    </div>
  );
}
