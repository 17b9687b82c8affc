// An account of a platform (OAuth, OpenID Connect): the viewer signs in there, in a window of its own or on another device;
// this page sees by itself that it is done. A number that both pages show tells that it is the viewer's own.
import { useEffect } from 'preact/hooks';
import { InlineFailure } from '../../frame/failure.tsx';
import { t } from '../../frame/i18n.ts';
import { QrCode } from '../qr-code.tsx';
import type { StepProps } from '../step-props.ts';
import { useAction } from '../use-action.ts';
import { Waiting } from '../waiting.tsx';

interface Challenge {
  provider: string;
  action: string;
  target?: string;
  url: string;
  match: string;
}

export function PlatformAccountStep(props: StepProps) {
  const action = useAction<Challenge>(props);
  const { challenge, busy, waiting, error } = action;
  useEffect(() => {
    if (challenge) action.watch({});
    return action.stop;
  }, [challenge?.url]);
  if (!challenge) {
    return (
      <div class="step-body">
        <p class="hint">{t('requirement.social_like.step.platform.before')}</p>
        <button type="button" class="button button-main" disabled={busy} onClick={() => void action.begin()}>
          {t('requirement.social_like.step.begin')}
        </button>
        {error !== undefined && <InlineFailure error={error} />}
      </div>
    );
  }
  const { provider, target, url, match } = challenge;
  return (
    <div class="step-body">
      <p>{t('requirement.social_like.step.platform.learns', { provider })}</p>
      {target && (
        <p>
          {t('requirement.social_like.step.target')}: <bdi>{target}</bdi>
        </p>
      )}
      <a class="button button-main" href={url} target="_blank" rel="noopener noreferrer">
        {t('requirement.social_like.step.platform.signIn', { provider })}
      </a>
      <p>
        {t('requirement.social_like.step.platform.match')} <strong class="match">{match}</strong>
      </p>
      <details class="elsewhere">
        <summary>{t('requirement.social_like.step.platform.elsewhere')}</summary>
        <QrCode text={url} label={t('requirement.social_like.step.platform.signIn', { provider })} />
      </details>
      {error === undefined ? (
        <Waiting what={t('requirement.social_like.step.platform.waiting')} why={waiting} />
      ) : (
        <>
          <InlineFailure error={error} />
          <button type="button" class="button" onClick={() => void action.startOver().then(action.begin)}>
            {t('problem.retry')}
          </button>
        </>
      )}
    </div>
  );
}
