// A question in plain words that is easy for a person, on a screen as through a screen reader.
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { InlineFailure } from '../../frame/failure.tsx';
import { language, t } from '../../frame/i18n.ts';
import type { StepProps } from '../step-props.ts';
import { useAction } from '../use-action.ts';

interface Challenge {
  question: Record<string, string>; // by language
}

export function HumanStep(props: StepProps) {
  const action = useAction<Challenge>(props);
  const { challenge, busy, error } = action;
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  const [answer, setAnswer] = useState('');
  const [asked, setAsked] = useState(false);
  useEffect(() => {
    if (asked && challenge) input.current?.focus();
  }, [asked, challenge]);

  if (!challenge) {
    return (
      <div class="step-body">
        <p class="hint">{t('requirement.puzzle_solve.step.human.before')}</p>
        {error !== undefined && <InlineFailure error={error} />}
        <button
          type="button"
          class="button button-main"
          disabled={busy}
          onClick={() => {
            setAsked(true);
            setAnswer('');
            void action.begin();
          }}
        >
          {t('requirement.puzzle_solve.step.human.begin')}
        </button>
      </div>
    );
  }
  const shown = challenge.question[language.value] ? language.value : 'en';
  return (
    <form
      class="step-body"
      onSubmit={(event) => {
        event.preventDefault();
        void action.complete({ answer: answer.trim() });
      }}
    >
      <label for={id} lang={shown} dir="auto" class="question">
        {challenge.question[shown] ?? ''}
      </label>
      <div class="row">
        <input
          ref={input}
          id={id}
          class="field"
          dir="auto"
          autocomplete="off"
          autocapitalize="off"
          required
          maxLength={100}
          value={answer}
          onInput={(event) => setAnswer(event.currentTarget.value)}
        />
        <button type="submit" class="button button-main" disabled={busy}>
          {t('requirement.puzzle_solve.step.human.answer')}
        </button>
      </div>
      <button type="button" class="quiet" disabled={busy} onClick={() => void action.startOver().then(action.begin)}>
        {t('requirement.puzzle_solve.step.human.another')}
      </button>
      {error !== undefined && <InlineFailure error={error} />}
    </form>
  );
}
