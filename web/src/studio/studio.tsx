// The creator's pages. Somebody who is not signed in signs in first and is then taken to the page they wanted.
import './studio.css';
import './members.css';
import './sign-in.css';
import './builder/builder.css';
import { useEffect, useState } from 'preact/hooks';
import { client } from '../frame/client.ts';
import { Busy } from '../frame/states.tsx';
import { location, navigate, type Route } from '../frame/router.ts';
import { EditPage } from './edit.tsx';
import { MembersPage } from './members.tsx';
import { PublishPage } from './publish.tsx';
import { SignInPage } from './sign-in.tsx';
import { TitlesPage } from './titles.tsx';

export function StudioPages({ route }: { route: Route }) {
  const [signedIn, setSignedIn] = useState<boolean | undefined>();
  useEffect(() => {
    client.creator.isSignedIn().then(setSignedIn, () => setSignedIn(false));
  }, [route.page]);
  const link = route.page === 'sign-in' ? location.value.hash.slice(1) : '';
  if (route.page === 'sign-in' || signedIn === false) {
    return (
      <SignInPage
        secret={link}
        onSignedIn={() => {
          setSignedIn(true);
          if (route.page === 'sign-in') navigate('/studio', { replace: true });
        }}
      />
    );
  }
  if (signedIn === undefined) return <Busy />;
  if (route.page === 'publish') return <PublishPage titleId={route.titleId} key={route.titleId} />;
  if (route.page === 'members') return <MembersPage />;
  if (route.page === 'edit') return <EditPage titleId={route.titleId} key={route.titleId} />;
  return <TitlesPage onSignedOut={() => setSignedIn(false)} />;
}
