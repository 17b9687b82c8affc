// A proxy in front of a real node that changes what it is told to: what a broken cache or a hostile carrier would send.
import { createServer, request as httpRequest } from 'node:http';

export class LyingNode {
  /** `lie(path, body, request, status)` returns other bytes, an object {status, body} with JSON or bytes, or nothing to pass things on. */
  static async start(node) {
    const liar = new LyingNode();
    liar.lie = () => undefined;
    liar.deaf = () => false; // requests that are neither read nor answered: a connection that died without a word
    liar.bar = () => undefined; // requests that a proxy refuses by itself: {status, body}
    liar.server = createServer((request, response) => liar.#forward(node, request, response));
    await new Promise((resolve) => liar.server.listen(0, '127.0.0.1', resolve));
    liar.url = `http://127.0.0.1:${liar.server.address().port}`;
    await node.restart('--public-url', liar.url); // a node takes proofs only for addresses that it knows as its own
    return liar;
  }

  close() {
    this.server.closeAllConnections();
    return new Promise((resolve) => this.server.close(resolve));
  }

  #forward(node, request, response) {
    if (this.deaf(request)) return;
    const barred = this.bar(request);
    if (barred) {
      request.resume();
      request.on('end', () => response.writeHead(barred.status, { 'content-type': 'text/html' }).end(barred.body));
      return;
    }
    const upstream = httpRequest({ host: '127.0.0.1', port: node.port, path: request.url, method: request.method, headers: { ...request.headers, 'accept-encoding': 'identity' } }, async (answer) => {
      const chunks = [];
      for await (const chunk of answer) chunks.push(chunk);
      const body = Buffer.concat(chunks);
      const lie = await this.lie(request.url, body, request, answer.statusCode);
      const headers = { ...answer.headers };
      if (lie !== undefined) delete headers.etag;
      const said = lie && !Buffer.isBuffer(lie) ? lie.body : lie;
      const bytes = said === undefined ? body : Buffer.isBuffer(said) ? said : Buffer.from(JSON.stringify(said));
      headers['content-length'] = bytes.length;
      delete headers['transfer-encoding'];
      if (lie && !Buffer.isBuffer(lie)) headers['content-type'] = lie.status >= 400 ? 'application/problem+json' : 'application/json';
      response.writeHead(lie && !Buffer.isBuffer(lie) ? lie.status : answer.statusCode, headers).end(request.method === 'HEAD' ? undefined : bytes);
    });
    upstream.on('error', () => response.destroy());
    request.pipe(upstream);
  }
}
