"""A creator at home behind a router, a fabric elsewhere, a viewer somewhere else: three network namespaces. The film is published from
home, unlocked and played through the fabric, whose memory and disk hold none of its keys; the agent is killed and comes back. Needs root
and network namespaces; without them it is skipped, with the reason."""
import json
import os
import re
import select
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from films import make_film, probe
from program import PATIENCE, PROGRAM, swarma
from secrets_of_a_title import files_in, find_in, keys_of, memory_of, open_sealed, unb64

TERMS = {"version": 1, "codes": {"friends": [{"code": "OPEN-SESAME"}]},
         "paths": [{"id": "kind", "requires": {"requirement": "goodwill_ack", "params": {"text": "I promise."}}, "grants": {"window_s": 8}},
                   {"id": "code", "requires": {"requirement": "allowlist_token", "params": {"list": "friends"}}, "grants": {"window_s": 8}}]}


def why_not():
    """Why this machine cannot run these tests; empty if it can."""
    if os.geteuid() != 0:
        return "needs root, for network namespaces"
    for tool in ("ip", "nsenter", "unshare", "curl", "openssl"):
        if shutil.which(tool) is None:
            return f"needs {tool}"
    done = subprocess.run(["unshare", "-n", "ip", "link", "add", "one", "type", "veth", "peer", "name", "two"], capture_output=True, text=True)
    return "" if done.returncode == 0 else f"the kernel makes no virtual networks: {done.stderr.strip()}"


class Place:
    """A network namespace of its own, held by a process that sleeps."""

    def __init__(self, test):
        self.holder = subprocess.Popen(["unshare", "-n", "sleep", "3600"])
        test.addCleanup(lambda: (self.holder.kill(), self.holder.wait()))
        ours = os.readlink("/proc/self/ns/net")
        while os.readlink(f"/proc/{self.holder.pid}/ns/net") == ours or not self.run("ip", "link", "set", "lo", "up"):
            time.sleep(0.01)

    @property
    def prefix(self):
        return ["nsenter", f"--net=/proc/{self.holder.pid}/ns/net"]

    def run(self, *command):
        return subprocess.run([*self.prefix, *command], capture_output=True).returncode == 0

    def output(self, *command, seconds=60):
        return subprocess.run([*self.prefix, *map(str, command)], capture_output=True, timeout=seconds * PATIENCE).stdout

    def link(self, other, mine, theirs):
        names = [f"v{os.urandom(4).hex()}" for _ in range(2)]
        subprocess.run(["ip", "link", "add", names[0], "type", "veth", "peer", "name", names[1]], check=True)
        for name, place, address in zip(names, (self, other), (mine, theirs)):
            subprocess.run(["ip", "link", "set", name, "netns", str(place.holder.pid)], check=True)
            assert place.run("ip", "addr", "add", f"{address}/24", "dev", name) and place.run("ip", "link", "set", name, "up")


class AgentAtHome(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if reason := why_not():
            raise unittest.SkipTest(reason)

    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="swarma-home-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.home, self.fabric, self.outside = Place(self), Place(self), Place(self)
        self.home.link(self.fabric, "10.86.1.2", "10.86.1.1")
        self.outside.link(self.fabric, "10.86.2.2", "10.86.2.1")
        self.at_home, self.at_viewer = "http://10.86.1.1:8420", "http://10.86.2.1:8420"   # the same fabric
        self.node = self.start(self.fabric, "serve", "--data", self.folder / "fabric", "--listen", "0.0.0.0:8420")
        self.first_line(self.node.stdout)
        did = json.loads(swarma("key", "show", "--data", self.folder / "home", "--json").output)["did"]
        self.token = swarma("token", did, "--data", self.folder / "fabric", "--node", "http://127.0.0.1:8420", prefix=self.fabric.prefix).output.strip()
        self.assertTrue(self.token)

    def start(self, place, *arguments):
        process = subprocess.Popen([*place.prefix, PROGRAM, *map(str, arguments)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True)
        self.addCleanup(lambda: (process.kill(), process.wait(), process.stdout.close(), process.stderr.close()))
        return process

    def first_line(self, pipe, seconds=20):
        self.assertTrue(select.select([pipe], [], [], seconds * PATIENCE)[0], "no line came in time")
        return pipe.readline()

    def wait_for_line(self, pipe, text, seconds=60):
        end = time.monotonic() + seconds * PATIENCE
        while text not in self.first_line(pipe, seconds):
            self.assertLess(time.monotonic(), end, f"nobody said {text!r}")

    def start_agent(self):
        agent = self.start(self.home, "agent", "--data", self.folder / "home", "--fabric", self.at_home, "--token", self.token, "--json")
        self.first_line(agent.stdout)
        self.wait_until(lambda: self.metric("swarma_agents") == 1)
        return agent

    def wait_until(self, condition, seconds=30):
        end = time.monotonic() + seconds * PATIENCE
        while not condition():
            self.assertLess(time.monotonic(), end, "this did not come true")
            time.sleep(0.1)

    def get(self, path):
        return self.fabric.output("curl", "-s", f"http://127.0.0.1:8420{path}").decode()

    def metric(self, name):
        found = re.search(rf"^{name} (\S+)$", self.get("/metrics"), re.M)
        return float(found[1]) if found else None

    def publish(self):
        film, terms = self.folder / "film.mp4", self.folder / "terms.json"
        make_film(film, 40, "320x180")
        terms.write_text(json.dumps(TERMS))
        done = swarma("publish", film, "--data", self.folder / "home", "--node", self.at_home, "--token", self.token, "--own-agent",
                      "--policy", terms, "--json", prefix=self.home.prefix)
        self.assertEqual(done.code, 0, done.errors)
        return done.json

    def watch(self, title_id, *options):
        return swarma("watch", title_id, "--node", self.at_viewer, "--data", self.folder / "viewer", "--output", self.folder / "out.mp4",
                      "--json", *options, prefix=self.outside.prefix)

    def agent_of(self, title_id):
        return json.loads(self.get(f"/v1/titles/{title_id}"))["agent"]

    def test_a_film_from_home_is_played_and_its_keys_are_nowhere_else(self):
        agent = self.start_agent()
        published = self.publish()
        title = published["title_id"]
        self.assertFalse(self.outside.run("curl", "-s", "--connect-timeout", "2", "http://10.86.1.2/"))
        self.assertNotIn(" 0A ", self.home.output("cat", "/proc/net/tcp").decode())       # nobody listens at home
        for ways in (["--path", "kind", "--accept"], ["--path", "code", "--code", "OPEN-SESAME"]):
            done = self.watch(title, *ways)
            self.assertEqual(done.code, 0, done.errors)
            self.assertTrue(done.json["complete"])
        self.assertAlmostEqual(float(probe(self.folder / "out.mp4")["format"]["duration"]), 40, delta=0.5)
        self.look_for_keys(published, agent)

    def look_for_keys(self, published, agent):
        with sqlite3.connect(f"file:{self.folder}/fabric/swarma.db?mode=ro", uri=True) as database:
            sealed, = database.execute("SELECT sealed FROM titles WHERE title_id = ?", [published["title_id"]]).fetchone()
        package = open_sealed(sealed, self.folder / "home/identity.json", self.folder)
        self.assertEqual(package["title_id"], published["title_id"])
        record = json.loads(self.get(f"/v1/titles/{published['title_id']}"))["title"]
        details = json.loads(self.get(f"/{record['details']}"))
        tracks = {track["id"]: track["key_group"] for track in details["tracks"]}
        keys = keys_of(unb64(package["title_secret"]), record["key_groups"], record["slots"], tracks)
        needles = {**keys, "codes": json.dumps(package["codes"], separators=(",", ":")).encode()}
        self.assertGreater(len(needles), 40)
        at_home = find_in(memory_of(agent.pid), needles)
        self.assertTrue(any(name.startswith("root") for name in at_home), "the search finds nothing even at home")
        self.assertEqual(find_in(memory_of(self.node.pid), needles), set())
        self.assertEqual(find_in(files_in(self.folder / "fabric"), needles), set())

    def test_while_the_agent_is_away_that_is_said_and_the_film_goes_on_when_it_is_back(self):
        agent = self.start_agent()
        title = self.publish()["title_id"]
        self.assertEqual(self.agent_of(title), "here")
        player = self.start(self.outside, "watch", title, "--node", self.at_viewer, "--data", self.folder / "viewer", "--accept",
                            "--path", "kind", "--listen", "127.0.0.1:0", "--json")
        address = json.loads(self.first_line(player.stdout))["url"]
        base = address.rsplit("/", 1)[0]
        fetch = lambda url, seconds=60: self.outside.output("curl", "-sf", "--max-time", str(seconds), url, seconds=seconds + 5)
        media = next(line for line in fetch(address).decode().splitlines() if line and not line.startswith("#"))
        segments = [line for line in fetch(f"{base}/{media}").decode().splitlines() if line and not line.startswith("#")]
        folder = f"{base}/{media}".rsplit("/", 1)[0]
        self.assertGreater(len(segments), 6)
        self.assertTrue(fetch(f"{folder}/{segments[0]}"))
        os.kill(agent.pid, signal.SIGKILL)
        self.wait_until(lambda: self.agent_of(title) == "away")
        self.assertTrue(fetch(f"{folder}/{segments[1]}"))                 # what is unlocked plays on
        refused = self.watch(title, "--accept", "--path", "kind")
        self.assertEqual((refused.code, refused.reason), (1, "agent_away"))
        waiting = subprocess.Popen([*self.outside.prefix, "curl", "-sf", "--max-time", "100", "-o", self.folder / "next", f"{folder}/{segments[4]}"])
        self.addCleanup(lambda: (waiting.kill(), waiting.wait()))
        self.wait_for_line(player.stderr, "not connected just now")
        self.assertIsNone(waiting.poll())
        self.start_agent()
        self.assertEqual(waiting.wait(60 * PATIENCE), 0)
        self.assertTrue((self.folder / "next").stat().st_size)
        for segment in segments[5:]:
            self.assertTrue(fetch(f"{folder}/{segment}"))


if __name__ == "__main__":
    unittest.main(verbosity=2)
