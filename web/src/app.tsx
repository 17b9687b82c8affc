// The frame around every page, and which page an address shows.
import { CatalogPage } from './catalog/catalog.tsx';
import { Announcer } from './frame/announcer.tsx';
import { isSecure, node } from './frame/client.ts';
import { DisplayMenu } from './frame/display-menu.tsx';
import { Failure, InsecureContext } from './frame/failure.tsx';
import { t } from './frame/i18n.ts';
import { Mark } from './frame/icons.tsx';
import { NotFoundPage } from './frame/not-found.tsx';
import { location, type Route, routeOf } from './frame/router.ts';
import { Busy } from './frame/states.tsx';
import { useAsync } from './frame/use-async.ts';
import { loadClip } from './player/lazy.ts';
import { loadStudio } from './studio/lazy.ts';
import { provideClipPlayer } from './unlock/clip-player.ts';
import { TitlePage } from './watch/title-page.tsx';

provideClipPlayer(async () => (await loadClip()).Clip);

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
    case 'members':
    case 'publish':
    case 'edit':
    case 'sign-in':
      return isSecure ? <Studio route={route} /> : <InsecureContext />;
    case 'not-found':
      return <NotFoundPage />;
  }
}

function Studio({ route }: { route: Route }) {
  const { value: studio, error } = useAsync(loadStudio, []);
  if (error !== undefined) return <Failure page error={error} />;
  return studio ? <studio.StudioPages route={route} /> : <Busy />;
}
