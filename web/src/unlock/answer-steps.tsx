// Requirements that are one answer: a promise, a code.
import { sha256, toBase64url, utf8 } from '@swarma/client';
import { useId, useState } from 'preact/hooks';
import { InlineFailure } from '../frame/failure.tsx';
import { t } from '../frame/i18n.ts';
import type { StepProps } from './step-props.ts';

/** Starts the action, answers it, and reports. `answer` may look at the challenge. */
function useAnswer({ session, leaf, onDone }: StepProps) {
  const [error, setError] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const give = async (answer: (challenge: object) => Promise<Record<string, unknown>>) => {
    setBusy(true);
    setError(undefined);
    try {
      const action = await session.startAction(leaf);
      await session.completeAction(leaf, action.action_id, await answer(action.challenge));
      await onDone();
    } catch (problem) {
      setError(problem);
    } finally {
      setBusy(false);
    }
  };
  return { give, busy, error };
}

export function GoodwillStep(props: StepProps) {
  const { give, busy, error } = useAnswer(props);
  const promise = String(props.leaf.params?.['text'] ?? '');
  // What is accepted is the sentence that stands here: its hash goes back, not that of whatever the challenge says.
  const accept = () => give(async () => ({ accepted: true, text_hash: toBase64url(await sha256(utf8(promise))) }));
  return (
    <div class="step-body">
      <p class="hint">{t('step.goodwill.text')}</p>
      <blockquote>
        <span dir="auto">{promise}</span>
      </blockquote>
      <button type="button" class="button button-main" disabled={busy} onClick={() => void accept()}>
        {t('step.goodwill.agree')}
      </button>
      {error !== undefined && <InlineFailure error={error} />}
    </div>
  );
}

export function CodeStep(props: StepProps) {
  const { give, busy, error } = useAnswer(props);
  const [code, setCode] = useState('');
  const id = useId();
  return (
    <form
      class="step-body"
      onSubmit={(event) => {
        event.preventDefault();
        if (code.trim()) void give(async () => ({ code: code.trim() }));
      }}
    >
      <label for={id}>{t('step.code.label')}</label>
      <div class="row">
        <input id={id} class="field" value={code} onInput={(event) => setCode(event.currentTarget.value)} autocomplete="off" autocapitalize="off" spellcheck={false} maxLength={200} required dir="ltr" />
        <button type="submit" class="button button-main" disabled={busy}>
          {t('step.code.submit')}
        </button>
      </div>
      {error !== undefined && <InlineFailure error={error} />}
    </form>
  );
}
