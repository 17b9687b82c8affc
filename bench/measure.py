"""What benchmarks share: taking turns, CPU time, wrk and nginx."""
import os
import re
import resource
import shutil
import socket
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WORK = ROOT / "build/bench"
os.environ.setdefault("SWARMA", str(ROOT / "build/swarma"))
sys.path.insert(0, str(ROOT / "tests"))

TICKS = os.sysconf("SC_CLK_TCK")


class Row:
    """One line of the table."""

    def __init__(self, name, goal, reached, met, detail):
        self.name, self.goal, self.reached, self.met, self.detail = name, goal, reached, met, detail


def fresh_folder(name):
    folder = WORK / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def take_turns(rounds, ours, theirs):
    """Lists of what ours() and theirs() measured, alternating; who begins changes with the round."""
    a, b = [], []
    for number in range(rounds):
        for act, out in ((ours, a), (theirs, b)) if number % 2 == 0 else ((theirs, b), (ours, a)):
            out.append(act())
    return a, b


def ratio(a, b):
    """Median of a/b per round, and its range as text."""
    ratios = [x / y for x, y in zip(a, b)]
    return statistics.median(ratios), f"[{min(ratios):.2f}..{max(ratios):.2f}]"


def run_timed(command, **options):
    """(wall seconds, CPU seconds of the process and its children); an exit code other than 0 is an error."""
    return run_told(command, **options)[:2]


def run_told(command, **options):
    """As run_timed, and what was printed."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    done = subprocess.run([*map(str, command)], stdin=subprocess.DEVNULL, capture_output=True, text=True, **options)
    wall, after = time.monotonic() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, command))}: {done.stderr[-1500:]}")
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, done.stdout


def cpu_seconds(pid):
    """CPU time of a process and of the children it has now."""
    def own(p):
        fields = Path(f"/proc/{p}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICKS
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return own(pid) + sum(own(child) for child in children)


def wrk(url, connections, seconds):
    """Requests per second; errors on the wire are an error here."""
    done = subprocess.run(["wrk", "-t2", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s", url], capture_output=True, text=True, check=True)
    bad = re.search(r"(Socket errors|Non-2xx).*", done.stdout)
    return float(re.search(r"Requests/sec:\s*([0-9.]+)", done.stdout)[1]), bad[0] if bad else ""


class Nginx:
    """nginx as an ordinary process, serving a folder with sendfile, one worker a core."""

    def __init__(self, folder, root, tls=None):
        """`tls`: a folder with certificate.pem and key.pem."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"http{'s' if tls else ''}://127.0.0.1:{self.port}"
        secure = f"ssl_certificate {tls}/certificate.pem; ssl_certificate_key {tls}/key.pem; ssl_protocols TLSv1.3;" if tls else ""
        self.folder = folder
        (folder / "nginx.conf").write_text(f"""
daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log; worker_processes auto; worker_rlimit_nofile 16384;
{"user root;" if os.geteuid() == 0 else ""}
events {{ worker_connections 8192; }}
http {{
  access_log off; sendfile on; tcp_nopush on; keepalive_requests 100000000; keepalive_timeout 75;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  server {{ listen 127.0.0.1:{self.port} {"ssl " if tls else ""}reuseport; root {root}; {secure} }}
}}
""")

    def __enter__(self):
        program = shutil.which("nginx") or "/usr/sbin/nginx"
        self.process = subprocess.Popen([program, "-c", self.folder / "nginx.conf", "-e", self.folder / "error.log"], stderr=subprocess.DEVNULL)
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return self
            time.sleep(0.02)
        raise RuntimeError("nginx did not start: " + (self.folder / "error.log").read_text()[-500:])

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()


def openssl_speed(algorithm, seconds=2):
    """Bytes per second of one core on blocks of 1 MB."""
    done = subprocess.run(["openssl", "speed", "-mr", "-seconds", str(seconds), "-bytes", "1048576", "-evp", algorithm], capture_output=True, text=True, check=True)
    return float(re.findall(r"^\+F:.*:([0-9.]+)$", done.stdout, re.M)[-1])
