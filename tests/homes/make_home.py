#!/usr/bin/env python3
"""Makes the home of a node with a bit of everything in it, by the program in $SWARMA: for tests/e2e-cli/former_homes_test.py.

    SWARMA=… tests/homes/make_home.py NAME      writes NAME.tar.xz beside this script: the data folder, and home.json, which
                                                says what a later version must find in it

Run with the last version before tables or files change, and never again for that version: what lies here was written by the
program of its time.
"""
import json
import sys
import tarfile
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from films import make_film
from program import Node, swarma
from studio import Studio


def publish(node, film, name, policy, *options):
    done = swarma("publish", film, "--node", node.url, "--data", node.data, "--title", name, "--policy", policy, "--json", *options)
    assert done.code == 0, done.errors
    return done.json["title_id"]


def watch(node, folder, title, *options):
    folder.mkdir(exist_ok=True)
    done = swarma("watch", title, "--node", node.url, "--data", folder, "--output", folder / "film.mp4", "--json", *options)
    assert done.code == 0, done.errors


def make(folder):
    film = make_film(folder / "film.mp4", 6, "160x90")
    with Node(folder / "home") as node:
        facts = {"goodwill": publish(node, film, "Thank you", "goodwill"),
                 "open": publish(node, film, "For all", "open"),
                 "codes": publish(node, film, "Friends", write_policy(folder)),
                 "withdrawn": publish(node, film, "Gone", "open")}
        watch(node, folder / "viewer", facts["goodwill"], "--accept")
        watch(node, folder / "viewer", facts["codes"], "--code", "ONCE-ONLY-1")
        facts["used_code"], facts["good_code"] = "ONCE-ONLY-1", "ONCE-ONLY-2"
        studio = Studio(node, folder / "studio")
        status, _, _ = studio.call("DELETE", f"/v1/titles/{facts['withdrawn']}")
        assert status == 200
        bytes_of_film = film.read_bytes()
        job = studio.wait_for(studio.package(studio.upload(bytes_of_film), "From the studio", ladder="copy"))
        assert job["state"] == "done", job
        facts["studio"], facts["job"] = job["title_id"], job["media_id"]
        facts["upload"], facts["upload_offset"], facts["film_bytes"] = studio.begin_upload(len(bytes_of_film)), 1000, len(bytes_of_film)
        studio.append(facts["upload"], 0, bytes_of_film[:1000])
        node.stop()
    (folder / "home.json").write_text(json.dumps(facts, indent=1) + "\n")


def write_policy(folder):
    requirement = {"requirement": "allowlist_token", "params": {"list": "friends"}}
    path = folder / "policy.json"
    path.write_text(json.dumps({"version": 1, "paths": [{"id": "friends", "requires": requirement, "grants": {}}],
                                "codes": {"friends": [{"code": code, "max_uses": 1} for code in ("ONCE-ONLY-1", "ONCE-ONLY-2")]}}))
    return path


def main():
    name = sys.argv[1]
    with tempfile.TemporaryDirectory(prefix="swarma-home-") as folder:
        folder = Path(folder)
        make(folder)
        with tarfile.open(HERE / f"{name}.tar.xz", "w:xz", preset=9) as archive:
            for part in ("home", "home.json", "film.mp4"):
                archive.add(folder / part, part)
    return 0


if __name__ == "__main__":
    sys.exit(main())
