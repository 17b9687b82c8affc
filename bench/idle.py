"""Connections on which nothing happens: what 10,000 event streams and 10,000 WebSockets cost a server."""
import resource
import socket
import ssl
import subprocess
import time

import measure
from measure import ROOT, Row

COUNT = 10_000
COUNT_TLS = 2_000   # for information; the handshakes take long
GOAL = 4096         # bytes of user memory a connection
SETTLE_SECONDS = 3  # for the last handshakes to be over
SOURCES = 4         # addresses that connections come from: ports of one may run short

UPGRADE = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
ASK = {"event streams": ("/events", "", b"200"), "WebSockets": ("/socket", UPGRADE, b"101")}


class Server:
    def __init__(self, *certificate):
        self.process = subprocess.Popen([ROOT / "build/release/bench/bench_idle", *certificate], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        host, port = self.process.stdout.readline().strip().split("://")[1].rsplit(":", 1)
        self.address = (host, int(port))

    def look(self):
        """(threads, resident bytes, bytes of the heap in use, open connections)"""
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return tuple(map(int, self.process.stdout.readline().split()))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def open_one(server, kind, number, tls):
    path, extra, status = ASK[kind]
    connection = socket.create_connection(server.address, timeout=30, source_address=(f"127.0.0.{1 + number % SOURCES}", 0))
    if tls:
        connection = tls.wrap_socket(connection)
    connection.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n{extra}\r\n".encode())
    head = b""
    while b"\r\n\r\n" not in head:
        piece = connection.recv(4096)
        if not piece:
            raise RuntimeError("the server closed a connection")
        head += piece
    if head[9:12] != status:
        raise RuntimeError(f"unexpected answer: {head[:80]}")
    return connection


def cost(server, kind, count, tls=None):
    """(threads before, threads after, resident bytes a connection, heap bytes a connection)"""
    warm = [open_one(server, kind, n, tls) for n in range(20)]
    time.sleep(1)
    threads, resident, heap, open_before = server.look()
    held = [open_one(server, kind, n, tls) for n in range(count)]
    time.sleep(SETTLE_SECONDS)
    threads_after, resident_after, heap_after, open_after = server.look()
    if open_after - open_before != count:
        raise RuntimeError(f"{open_after - open_before} of {count} connections are open")
    for connection in warm + held:
        connection.close()
    return threads, threads_after, (resident_after - resident) / count, (heap_after - heap) / count


def bench_idle():
    """Streams and WebSockets one after the other, each with a server of its own; in the clear, then under TLS."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    folder = measure.fresh_folder("idle")
    certificate, key = folder / "cert.pem", folder / "key.pem"
    measure.run_told(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=localhost",
                      "-keyout", key, "-out", certificate])
    trusting = ssl.create_default_context()
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    rows = []
    try:
        for kind in ASK:
            with Server() as server:
                before, after, resident, heap = cost(server, kind, COUNT)
            with Server(certificate, key) as server:
                *_, tls_resident, tls_heap = cost(server, kind, COUNT_TLS, trusting)
            detail = (f"{heap:.0f} of them in use by the heap; threads {before} → {after}; "
                      f"under TLS ({COUNT_TLS:,}) {tls_resident:.0f} resident, {tls_heap:.0f} in use")
            rows.append(Row(f"user bytes of an idle connection, {COUNT:,} {kind}", f"<= {GOAL}", f"{resident:.0f}", resident <= GOAL and before == after, detail))
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return rows
