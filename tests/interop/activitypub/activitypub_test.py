"""social_like on the fediverse: a whole node, viewers who know only the protocol page, and two servers of the npm package
@fedify/fedify, whose people like, repost and follow by signed activities (servers.mjs).
"""
import json
import re
import subprocess
import sys
import unittest
import urllib.request
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent))
from program import PATIENCE, free_port
from terminal import Terminal
from terms import TermsTest, npm_packages, payload


class ActivityPubTest(TermsTest):
    @classmethod
    def setUpClass(cls):
        npm_packages(HERE)
        cls.hosts = {name: f"127.0.0.1:{free_port()}" for name in ("creators", "people")}
        ports = [int(host.split(":")[1]) for host in cls.hosts.values()]
        cls.servers = subprocess.Popen(["node", HERE / "servers.mjs"], cwd=HERE, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        cls.addClassCleanup(cls.end_servers)
        cls.servers.stdin.write(json.dumps({"ports": ports}))
        cls.servers.stdin.close()
        assert cls.servers.stdout.readline() == "ready\n"
        cls.post, cls.maker = f"http://{cls.hosts['creators']}/posts/1", f"http://{cls.hosts['creators']}/users/maker"
        terms = {"like": {"target": cls.post}, "repost": {"action": "repost", "target": cls.post}, "follow": {"action": "follow", "target": cls.maker},
                 "follow_by_name": {"action": "follow", "target": f"@maker@{cls.hosts['creators']}"}, "inside": {"target": "http://127.0.0.1:9/posts/1"},
                 "nonsense": {"target": "my film"}}
        cls.leaves = {path: ("social_like", {"network": "activitypub", **params}) for path, params in terms.items()}
        cls.options = [word for host in cls.hosts.values() for word in ("--activitypub-private-host", host)]
        super().setUpClass()

    @classmethod
    def end_servers(cls):
        cls.servers.kill()
        cls.servers.wait()
        cls.servers.stdout.close()

    # --- words -----------------------------------------------------------------------------------------------------
    def setUp(self):
        self.control("creators", posts=["1"], **{"is": {"shows": True, "closed": False}})  # a new post
        self.control("people", **{"is": {"shows": True, "closed": False}})
        type(self).count += 1
        self.fan = f"fan{self.count}"

    def control(self, server, **order):
        request = urllib.request.Request(f"http://{self.hosts[server]}/control", json.dumps(order).encode())
        with urllib.request.urlopen(request, timeout=30 * PATIENCE) as answer:
            return json.load(answer)

    def handle(self, who=None):
        return f"@{who or self.fan}@{self.hosts['people']}"

    def does(self, activity, target=None, told=True):
        """What the fan does; untold: only the fan's own server says so."""
        inbox = f"http://{self.hosts['creators']}/inbox" if told else None
        self.control("people", act={"who": self.fan, "type": activity, "target": target or (self.maker if activity == "Follow" else self.post), "inbox": inbox})

    def shows(self, action, **where):
        """The action's token, in the profile."""
        token = action["challenge"]["token"]
        self.control("people", profile={"who": self.fan, "is": where or {"summary": f"<p>I like films. {token}</p>"}})
        return action

    def answer(self, viewer, action, account=None):
        return self.complete(viewer, action, {"account": account or self.handle()})

    def met(self, path, account=None):
        viewer = self.viewer()
        return self.granted(self.answer(viewer, self.shows(self.start(viewer, path)), account))

    # --- what opens ------------------------------------------------------------------------------------------------
    def test_a_like_a_repost_and_a_follow_open_the_film(self):
        viewer = self.viewer()
        for path, activity in (("like", "Like"), ("repost", "Announce"), ("follow", "Follow")):
            action = self.shows(self.start(viewer, path))
            self.refused(self.answer(viewer, action), 403, "deed_not_found")
            self.does(activity)
            status, answer = self.answer(viewer, action)
            self.assertEqual(status, 200, answer)
            claims = payload(answer["attestation"])
            self.assertEqual((claims["trust"], claims["evidence"]["shown_by"]), (0.7, "target"), path)
            self.assertEqual(self.unlock(viewer, path, answer["attestation"])[0], 200)
        self.assertEqual(self.control("creators")["posts"]["1"], [1, 1])  # as the other server verified them

    def test_accounts_and_targets_are_known_by_name_or_address(self):
        self.does("Follow")
        names = [f"http://{self.hosts['people']}/users/{self.fan}", self.handle()[1:], "acct:" + self.handle()[1:]]
        for account in names:
            viewer = self.viewer()
            answered = self.answer(viewer, self.shows(self.start(viewer, "follow_by_name")), account)
            if account == names[0]:
                self.granted(answered)
            else:
                self.refused(answered, 403, "account_used")  # the same account, however it is written

    def test_a_token_may_stand_in_a_field_of_the_profile(self):
        self.does("Like")
        viewer = self.viewer()
        action = self.start(viewer, "like")
        token = action["challenge"]["token"]
        for fields in ([token], ["mine", f"<a href='https://x.example'>{token}</a>"]):
            self.shows(action, summary="", fields=fields)
        self.granted(self.answer(viewer, action))

    def test_where_the_target_shows_nothing_the_account_does_for_less_trust(self):
        self.control("creators", **{"is": {"shows": False}})
        for path, activity in (("like", "Like"), ("repost", "Announce"), ("follow", "Follow")):
            self.fan += "x"
            if activity == "Announce":
                for _ in range(4):  # it is on the third page
                    self.does(activity, f"http://{self.hosts['creators']}/posts/2", told=False)
            self.does(activity, told=False)
            claims = self.met(path)
            self.assertEqual((claims["trust"], claims["evidence"]["shown_by"]), (0.4, "account"), path)

    def test_a_terminal_shows_the_token_and_asks_for_the_account(self):
        self.does("Like")
        with Terminal(self, self.title_id, "like") as terminal:
            token = re.search(r"^(swarma-\S+)", terminal.hear("@server):"), re.M)[1]
            terminal.type(self.handle())
            self.assertIn("does not show the text", terminal.hear("@server):"))
            self.control("people", profile={"who": self.fan, "is": {"summary": token}})
            terminal.type(self.handle())
            terminal.expect_film()

    # --- what does not -----------------------------------------------------------------------------------------------
    def test_an_account_is_its_owners(self):
        self.does("Like")
        viewer, other = self.viewer(), self.viewer()
        action, theirs = self.start(viewer, "like"), self.start(other, "like")
        self.refused(self.answer(viewer, action), 403, "token_not_shown")
        self.shows(theirs)  # somebody else's token
        self.refused(self.answer(viewer, action), 403, "token_not_shown")
        self.refused(self.answer(viewer, theirs), 403, "action_wrong_viewer")
        self.granted(self.answer(other, theirs))
        self.shows(action)
        self.refused(self.answer(viewer, action), 403, "account_used")  # one account, one viewer
        self.shows(self.start(other, "like"))
        again = self.start(other, "like")
        self.refused(self.answer(other, again), 403, "token_not_shown")  # the token of another action

    def test_what_others_did_or_was_done_to_others_does_not_count(self):
        self.does("Like", f"http://{self.hosts['creators']}/posts/2", told=False)
        self.does("Announce")
        mine, self.fan = self.fan, self.fan + "other"
        self.does("Like")
        self.fan = mine
        viewer = self.viewer()
        self.refused(self.answer(viewer, self.shows(self.start(viewer, "like"))), 403, "deed_not_found")

    def test_servers_that_hide_or_are_closed_say_so(self):
        self.does("Like", told=False)
        for server in ("creators", "people"):
            self.control(server, **{"is": {"shows": False}})
        viewer = self.viewer()
        action = self.shows(self.start(viewer, "like"))
        self.refused(self.answer(viewer, action), 403, "deed_not_found")
        self.control("people", **{"is": {"closed": True}})
        self.refused(self.answer(viewer, action), 403, "activitypub_closed")

    def test_names_that_are_none_or_lead_inside(self):
        viewer = self.viewer()
        action = self.start(viewer, "like")
        people = self.hosts["people"]
        for account, status, reason in ((f"@nobody@{people}", 404, "activitypub_not_found"), ("ada", 400, "activitypub_address_bad"), ("@a@b@c.example", 400, "activitypub_address_bad"),
                                        ("file:///etc/passwd", 400, "activitypub_address_bad"), ("http://127.0.0.1:9/users/ada", 400, "activitypub_address_bad"),
                                        ("https://127.0.0.1:9/users/ada", 503, "activitypub_unavailable"), ("https://[::1]/users/ada", 503, "activitypub_unavailable")):
            self.refused(self.answer(viewer, action, account), status, reason)
        self.shows(action)
        self.refused(self.answer(viewer, action, f"http://{people}/upload.json"), 503, "activitypub_unavailable")  # a file is no account
        self.assertFalse(self.leaf("nonsense")["available"])
        action = self.shows(self.start(viewer, "inside"))
        self.refused(self.answer(viewer, action), 400, "activitypub_address_bad")

    def test_no_account_is_kept_or_logged(self):
        self.fan = "kept-nowhere"
        self.does("Like")
        self.met("like")
        held = b"".join(path.read_bytes() for path in self.node.data.glob("swarma.db*")) + self.node.log().encode()
        self.assertNotIn(b"kept-nowhere", held)


if __name__ == "__main__":
    unittest.main(warnings="ignore")
