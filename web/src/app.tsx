// The frame around every page, and the choice of the page.
import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { isSecure, node } from './frame/client.ts';
import { DisplayMenu } from './frame/display-menu.tsx';
import { Failure, InsecureContext } from './frame/failure.tsx';
import { Announcer } from './frame/announcer.tsx';
import { Busy } from './frame/states.tsx';
import { Mark } from './frame/icons.tsx';
import { t } from './frame/i18n.ts';
import { CatalogPage } from './catalog/catalog.tsx';
import { NotFoundPage } from './frame/not-found.tsx';
import { TitlePage } from './watch/title-page.tsx';
import { location, type Route, routeOf } from './frame/router.ts';

export function App() {
  const route = routeOf(location.value.path);
  return (
    <>
      <a class="skip" href="#content">
        {t('app.skip')}
      </a>
      <header class="top">
        <a class="brand" href="/" aria-label={`${node.value?.name || t('app.name')} – ${t('nav.home')}`}>
          <Mark />
          <span>{node.value?.name || t('app.name')}</span>
        </a>
        <nav class="top-nav" aria-label={t('app.name')}>
          <a class="quiet" href="/studio" aria-current={route.page === 'studio' ? 'page' : undefined}>
            {t('nav.studio')}
          </a>
          <DisplayMenu />
        </nav>
      </header>
      <main id="content" tabIndex={-1} key={keyOf(route)}>
        <Page route={route} />
      </main>
      <Announcer />
    </>
  );
}

function keyOf(route: Route): string {
  return route.page === 'title' ? `title/${route.id}` : route.page;
}

function Page({ route }: { route: Route }) {
  switch (route.page) {
    case 'catalog':
      return <CatalogPage />;
    case 'title':
      return isSecure ? <TitlePage id={route.id} /> : <InsecureContext />;
    case 'studio':
    case 'publish':
    case 'edit':
    case 'sign-in':
      return isSecure ? <Studio route={route} /> : <InsecureContext />;
    default:
      return <NotFoundPage />;
  }
}

/** The studio is a chunk of its own: most visitors never need it. */
function Studio({ route }: { route: Route }) {
  const [state, setState] = useState<{ Page?: ComponentType<{ route: Route }>; error?: unknown }>({});
  useEffect(() => {
    import('./studio/studio.tsx').then(
      ({ StudioPages }) => setState({ Page: StudioPages }),
      (error: unknown) => setState({ error }),
    );
  }, []);
  if (state.error) return <Failure page error={state.error} />;
  return state.Page ? <state.Page route={route} /> : <Busy />;
}
