import { Empty } from './states.tsx';
import { t } from './i18n.ts';

export function NotFoundPage() {
  return (
    <Empty
      page
      icon="film"
      title={t('problem.notFound.title')}
      action={
        <a class="button" href="/">
          {t('nav.home')}
        </a>
      }
    >
      {t('problem.notFound.text')}
    </Empty>
  );
}
