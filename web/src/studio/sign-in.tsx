// No password: a one-time link binds this browser's key to the node.
import { useEffect, useId, useState } from 'preact/hooks';
import { client } from '../frame/client.ts';
import { InlineFailure } from '../frame/failure.tsx';
import { Icon } from '../frame/icons.tsx';
import { Busy } from '../frame/states.tsx';
import { around, t } from '../frame/i18n.ts';

export function SignInPage({ secret, onSignedIn }: { secret: string; onSignedIn(): void }) {
  const [working, setWorking] = useState(secret !== '');
  const [error, setError] = useState<unknown>();
  const [pasted, setPasted] = useState('');
  const id = useId();
  const [before, after] = around('studio.signIn.step1', 'command');

  const signIn = async (value: string) => {
    setWorking(true);
    setError(undefined);
    try {
      await client.creator.redeemLink(value);
      onSignedIn();
    } catch (problem) {
      setError(problem);
      setWorking(false);
    }
  };
  useEffect(() => {
    document.title = `${t('studio.signIn.title')} – ${t('app.name')}`;
    if (secret === '') return;
    // First of all the secret is removed from the address bar and the history.
    history.replaceState(null, '', '/studio/link');
    void signIn(secret);
  }, []);

  if (working) return <Busy label={t('studio.signIn.working')} />;
  return (
    <section class="sign-in">
      <Icon name="key" />
      <h1>{t(error === undefined ? 'studio.signIn.title' : 'studio.signIn.failed')}</h1>
      {error !== undefined && <InlineFailure error={error} />}
      <p>{t('studio.signIn.text')}</p>
      <ol>
        <li>
          {before}
          <code>swarma link</code>
          {after}
        </li>
        <li>{t('studio.signIn.step2')}</li>
      </ol>
      <p class="hint">{t('studio.signIn.first')}</p>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          const value = pasted.trim().split(/[#=]/).at(-1) ?? '';
          setPasted('');
          if (value) void signIn(value);
        }}
      >
        <label for={id}>{t('studio.signIn.paste')}</label>
        <div class="row">
          <input
            id={id}
            class="field"
            type="password"
            autocomplete="off"
            dir="ltr"
            value={pasted}
            onInput={(event) => setPasted(event.currentTarget.value)}
            required
          />
          <button type="submit" class="button button-main">
            {t('studio.signIn.submit')}
          </button>
        </div>
      </form>
    </section>
  );
}
