// A membership pass of the creator: held by this browser, shown with one press.
import { useId } from 'preact/hooks';
import { InlineFailure } from '../../frame/failure.tsx';
import { formatDate, t } from '../../frame/i18n.ts';
import { useAsync } from '../../frame/use-async.ts';
import { CopyField } from '../copy-field.tsx';
import type { StepProps } from '../step-props.ts';
import { useAction } from '../use-action.ts';
import { param } from './requirement.ts';

export function MembershipStep(props: StepProps) {
  const { session, leaf, onDone } = props;
  const tier = param(leaf, 'pass');
  const action = useAction(props);
  const id = useId();
  const held = useAsync(() => session.passes.held(tier), [leaf.key]);
  const number = useAsync(() => session.passes.memberNumber(), []);
  const pass = held.value?.[0];
  const show = () =>
    action.attempt(async () => {
      if (!pass) return;
      await session.passes.show(leaf, pass);
      await onDone();
    });
  return (
    <div class="step-body">
      {held.loading && <p class="hint">{t('requirement.allowlist_token.step.pass.looking')}</p>}
      {held.error !== undefined && <InlineFailure error={held.error} />}
      {pass ? (
        <>
          <p>{t('requirement.allowlist_token.step.pass.held', { tier, time: formatDate(pass.valid_until) })}</p>
          <button type="button" class="button button-main" disabled={action.busy} onClick={() => void show()}>
            {t('requirement.allowlist_token.step.pass.show')}
          </button>
        </>
      ) : (
        !held.loading && (
          <>
            <p id={id}>{t('requirement.allowlist_token.step.pass.none', { tier })}</p>
            {number.value && (
              <>
                <CopyField label={t('requirement.allowlist_token.step.pass.number')} text={number.value} />
                <p class="hint">{t('requirement.allowlist_token.step.pass.numberHint')}</p>
              </>
            )}
            <button type="button" class="button" aria-describedby={id} onClick={held.retry}>
              {t('requirement.allowlist_token.step.pass.again')}
            </button>
          </>
        )
      )}
      {action.error !== undefined && <InlineFailure error={action.error} />}
    </div>
  );
}
