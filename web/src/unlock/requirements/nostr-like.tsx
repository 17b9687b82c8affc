// A reaction, repost or follow on Nostr. The viewer does it in an app of theirs; here they show with a signature that
// the account is theirs, with the browser's extension (NIP-07) or by pasting the signed event.
import { SwarmaError } from '@swarma/client';
import { useId, useState } from 'preact/hooks';
import { InlineFailure } from '../../frame/failure.tsx';
import { t } from '../../frame/i18n.ts';
import { CopyField } from '../copy-field.tsx';
import type { StepProps } from '../step-props.ts';
import { useAction } from '../use-action.ts';
import { nostrProvider, signNostrEvent } from '../wallet.ts';
import { Waiting } from '../waiting.tsx';

interface Challenge {
  action: string;
  target: string;
  event: { kind: number; tags: string[][]; content: string };
}

export function NostrLikeStep(props: StepProps) {
  const action = useAction<Challenge>(props);
  const { challenge, busy, waiting, error } = action;
  const id = useId();
  const [pasted, setPasted] = useState('');
  const eventOf = ({ event }: Challenge) => ({ ...event, created_at: Math.floor(Date.now() / 1000) });

  if (!challenge) {
    return (
      <div class="step-body">
        <p class="hint">{t('requirement.social_like.step.nostr.before')}</p>
        <button type="button" class="button button-main" disabled={busy} onClick={() => void action.begin()}>
          {t('requirement.social_like.step.begin')}
        </button>
        {error !== undefined && <InlineFailure error={error} />}
      </div>
    );
  }
  const sign = () =>
    action.attempt(async () => {
      const event = await signNostrEvent(eventOf(challenge));
      await action.completeInTime({ event });
    });
  return (
    <div class="step-body">
      <CopyField label={t('requirement.social_like.step.target')} text={challenge.target} />
      <a class="button" href={`nostr:${challenge.target.replace(/^nostr:/, '')}`}>
        {t('requirement.social_like.step.openApp')}
      </a>
      <p class="hint">{t('requirement.social_like.step.nostr.sign')}</p>
      {nostrProvider() && (
        <button type="button" class="button button-main" disabled={busy} onClick={() => void sign()}>
          {t('requirement.social_like.step.nostr.extension')}
        </button>
      )}
      <details class="elsewhere" open={!nostrProvider()}>
        <summary>{t('requirement.social_like.step.nostr.elsewhere')}</summary>
        <form
          class="step-form"
          onSubmit={(event) => {
            event.preventDefault();
            void action.attempt(async () => {
              await action.completeInTime({ event: readEvent(pasted) });
            });
          }}
        >
          <CopyField label={t('requirement.social_like.step.nostr.event')} text={JSON.stringify(eventOf(challenge))} />
          <label for={id}>{t('requirement.social_like.step.nostr.signed')}</label>
          <textarea
            id={id}
            class="field code"
            dir="ltr"
            spellcheck={false}
            required
            rows={3}
            maxLength={8000}
            value={pasted}
            onInput={(event) => setPasted(event.currentTarget.value)}
          />
          <button type="submit" class="button" disabled={busy}>
            {t('requirement.social_like.step.check')}
          </button>
        </form>
      </details>
      {waiting && <Waiting what={t('requirement.social_like.step.waiting')} why={waiting} />}
      {error !== undefined && <InlineFailure error={error} />}
    </div>
  );
}

function readEvent(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new SwarmaError('event_unreadable', 'This is not a signed event.', { cause });
  }
}
