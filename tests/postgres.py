"""A private PostgreSQL server for whole-system tests, on a Unix socket in a folder of its own."""
import os
import pwd
import shutil
import subprocess
from pathlib import Path


def find_program(name):
    for folder in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True):
        if (folder / name).exists():
            return str(folder / name)
    found = shutil.which(name)
    if found is None:
        raise RuntimeError(f"{name} is not here; install the Debian package postgresql")
    return found


class Postgres:
    """Use as a context manager, or start() and stop(). `url` is what --database takes."""

    def __init__(self, folder):
        self.folder, self.data = folder, folder / "data"
        self.url = f"postgresql://owner@/postgres?host={folder}"

    def _run_as(self):
        if os.geteuid() != 0:
            return {}
        user = pwd.getpwnam("postgres")   # the server refuses to run as root
        return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}

    def start(self):
        self.folder.mkdir(parents=True)
        who = self._run_as()
        if who:
            os.chown(self.folder, who["user"], who["group"])
        done = subprocess.run([find_program("initdb"), "-D", self.data, "-U", "owner", "-A", "trust", "-N", "-E", "UTF8", "--locale=C.UTF-8"],
                              capture_output=True, text=True, cwd=self.folder, **who)
        assert done.returncode == 0, done.stderr
        with open(self.folder / "server.log", "wb") as log:
            self.process = subprocess.Popen([find_program("postgres"), "-D", self.data, "-k", self.folder, "-c", "listen_addresses=", "-c", "fsync=off"],
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder, **who)
        for _ in range(200):
            ready = subprocess.run([find_program("pg_isready"), "-h", self.folder, "-U", "owner", "-d", "postgres"], capture_output=True)
            if ready.returncode == 0:
                return self
            subprocess.run(["sleep", "0.1"])
        raise RuntimeError((self.folder / "server.log").read_text())

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()
