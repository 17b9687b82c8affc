// A like, share or follow on the fediverse (ActivityPub). The viewer does it with an account of theirs, and shows that the
// account is theirs by a word in its profile, which may go again afterwards.
import { useId, useState } from 'preact/hooks';
import { InlineFailure } from '../../frame/failure.tsx';
import { t } from '../../frame/i18n.ts';
import { CopyField } from '../copy-field.tsx';
import type { StepProps } from '../step-props.ts';
import { useAction } from '../use-action.ts';

interface Challenge {
  target: string;
  token: string;
}

export function FediverseLikeStep(props: StepProps) {
  const action = useAction<Challenge, { account: string }>(props);
  const { challenge, place, busy, error } = action;
  const id = useId();
  const [account, setAccount] = useState<string>();
  const written = account ?? place?.account ?? '';
  if (!challenge) {
    return (
      <div class="step-body">
        <p class="hint">{t('requirement.social_like.step.fediverse.before')}</p>
        <button type="button" class="button button-main" disabled={busy} onClick={() => void action.begin()}>
          {t('requirement.social_like.step.begin')}
        </button>
        {error !== undefined && <InlineFailure error={error} />}
      </div>
    );
  }
  return (
    <form
      class="step-body"
      onSubmit={(event) => {
        event.preventDefault();
        const given = written.trim();
        void action.note({ account: given }).then(() => action.complete({ account: given }));
      }}
    >
      <CopyField label={t('requirement.social_like.step.target')} text={challenge.target} />
      {challenge.target.startsWith('https://') && (
        <a class="button" href={challenge.target} target="_blank" rel="noopener noreferrer">
          {t('requirement.social_like.step.openPage')}
        </a>
      )}
      <CopyField label={t('requirement.social_like.step.fediverse.token')} text={challenge.token} />
      <p class="hint">{t('requirement.social_like.step.fediverse.tokenHint')}</p>
      <label for={id}>{t('requirement.social_like.step.fediverse.account')}</label>
      <div class="row">
        <input
          id={id}
          class="field"
          dir="ltr"
          autocomplete="off"
          autocapitalize="off"
          spellcheck={false}
          placeholder="@name@server"
          required
          maxLength={300}
          value={written}
          onInput={(event) => setAccount(event.currentTarget.value)}
        />
        <button type="submit" class="button button-main" disabled={busy}>
          {t('requirement.social_like.step.check')}
        </button>
      </div>
      {error !== undefined && <InlineFailure error={error} />}
    </form>
  );
}
