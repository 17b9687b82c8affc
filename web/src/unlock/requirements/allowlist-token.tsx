// A code that the creator has given out.
import { useId, useState } from 'preact/hooks';
import { InlineFailure } from '../../frame/failure.tsx';
import { t } from '../../frame/i18n.ts';
import type { StepProps } from '../step-props.ts';
import { useAnswer } from '../use-answer.ts';
import { param, type RequirementKind } from './requirement.ts';

export const allowlistToken: RequirementKind = {
  values: (leaf) => ({ list: param(leaf, 'list') }),
  Step: CodeStep,
};

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
