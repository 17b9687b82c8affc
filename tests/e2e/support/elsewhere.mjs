// A page of another origin: its script (elsewhere/page.js with the clients it uses) and one film, from a server of its own.
import { build } from 'esbuild';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';

export async function serveElsewhere(film) {
  const bundle = await build({ entryPoints: [fileURLToPath(new URL('../elsewhere/page.js', import.meta.url))], bundle: true, write: false, format: 'esm', define: { 'process.env.NODE_ENV': '"production"', 'process.env.BUNDLED': '"1"' } });
  const answers = {
    '/': ['text/html', '<!doctype html><title>Elsewhere</title><script type="module" src="/page.js"></script>'],
    '/page.js': ['text/javascript', bundle.outputFiles[0].contents],
    '/film': ['video/mp4', film],
  };
  const server = createServer((request, response) => {
    const [type, body] = answers[request.url] ?? ['text/plain', ''];
    response.writeHead(answers[request.url] ? 200 : 404, { 'content-type': type }).end(body);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    close: () => (server.closeAllConnections(), new Promise((resolve) => server.close(resolve))),
  };
}
