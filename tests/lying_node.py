"""A node between a viewer and the honest one, which changes what it likes on the way."""
import http.client
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from program import PATIENCE


class LyingNode:
    """Forwards everything to `node`; `lie(method, path, body)` returns another body, or None to stay honest. The node takes
    proofs for the address of `port` only if that is its --public-url."""

    def __init__(self, node, lie, port=0):
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def forward(self):
                length = int(self.headers.get("Content-Length", 0))
                honest = http.client.HTTPConnection("127.0.0.1", node.port, timeout=30 * PATIENCE)
                honest.request(self.command, self.path, self.rfile.read(length), dict(self.headers))   # Host included: proofs name us
                answer = honest.getresponse()
                body = answer.read()
                changed = lie(self.command, self.path, body)
                if changed is not None:
                    body = changed
                self.send_response(answer.status)
                for name, value in answer.getheaders():
                    if name.lower() not in ("content-length", "connection", "transfer-encoding", "date", "server", "etag", "keep-alive"):
                        self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
                honest.close()

            do_GET = do_POST = forward

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
