import './styles.css';
import { render } from 'preact';
import { App } from './app.tsx';
import { learnAboutNode } from './frame/client.ts';
import { needMessages } from './frame/i18n.ts';
import { navigate, startRouter } from './frame/router.ts';
import { restoreTheme } from './frame/theme.ts';

restoreTheme();
// The program's first sign-in link in its short form: /#/setup?token=…
const setup = /^#\/setup\?token=([A-Za-z0-9_-]+)$/.exec(window.location.hash);
if (setup) navigate(`/studio/link#${setup[1]}`, { replace: true });
startRouter();
await needMessages('frame', 'catalog', 'watch', 'unlock');
render(<App />, document.getElementById('app') as HTMLElement);
void learnAboutNode();
