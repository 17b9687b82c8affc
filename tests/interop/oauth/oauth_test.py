"""social_like by OAuth: a whole node, viewers who know only the protocol page, browsers that keep cookies and press buttons, and
oidc-provider, an OpenID provider that others wrote. The API with the likes, and the liar between provider and node, are this test's own
(provider.mjs).
"""
import html
import http.cookiejar
import json
import re
import subprocess
import sys
import time
import unittest
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent))
from program import PATIENCE, Node, free_port, swarma
from terminal import Terminal
from terms import TermsTest, npm_packages, payload

SECRET = "a secret/of+ours that nobody hears"
FORM = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "text/html"}


class StopAtNode(urllib.request.HTTPRedirectHandler):
    def __init__(self, node_url):
        self.node_url = node_url

    def redirect_request(self, request, file, code, message, headers, url):
        return None if url.startswith(self.node_url) else super().redirect_request(request, file, code, message, headers, url)


class Browser:
    """Signs in at the provider's own pages, and stops where they lead back to the node."""

    def __init__(self, node, login):
        self.node, self.login = node, login
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()), StopAtNode(node.url), urllib.request.ProxyHandler({}))

    def open(self, url, data=None):
        """The page, or the address at the node that it leads to."""
        try:
            with self.opener.open(url, data, timeout=30 * PATIENCE) as answer:
                return answer.url, answer.read().decode()
        except urllib.error.HTTPError as error:
            if error.code in (302, 303):
                return urljoin(url, error.headers["Location"]), None
            raise AssertionError(f"{url}: {error.code} {error.read()[:500]}") from None

    def sign_in(self, url, declines=False):
        """What the provider sends along to the node."""
        for _ in range(6):
            url, page = self.open(url)
            if page is None:
                return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
            if declines:
                url = urljoin(url, re.search(r'href="([^"]*/abort)"', page)[1])
                continue
            action = urljoin(url, html.unescape(re.search(r'action="([^"]+)"', page)[1]))
            prompt = re.search(r'name="prompt" value="(\w+)"', page)[1]
            url, page = self.open(action, urlencode({"prompt": prompt, "login": self.login, "password": "any"}).encode())
            if page is None:
                return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
            if "<form" in page:
                action = urljoin(url, html.unescape(re.search(r'action="([^"]+)"', page)[1]))
                prompt = re.search(r'name="prompt" value="(\w+)"', page)[1]
                url, page = self.open(action, urlencode({"prompt": prompt}).encode())
                if page is None:
                    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        raise AssertionError("the provider goes round in circles")


class OauthTest(TermsTest):
    leaves = {"account": ("social_like", {"network": "videos", "target": "account"}),
              "like": ("social_like", {"network": "videos", "target": "the film/1"}),
              "repost": ("social_like", {"network": "videos", "action": "repost", "target": "the film/1"}),
              "curve": ("social_like", {"network": "curve", "target": "account"}),
              "unknown": ("social_like", {"network": "nowhere", "target": "account"})}

    @classmethod
    def setUpClass(cls):
        npm_packages(HERE)
        cls.ports = {"videos": free_port(), "curve": free_port()}
        super().setUpClass()

    @classmethod
    def start_node(cls, name, *options):
        """With a provider for each of its two networks."""
        folder = cls.folder / f"{name}-oauth"
        folder.mkdir()
        (folder / "secret").write_text(SECRET + "\n")
        adapters = {"videos": {"client_id": "swarma", "client_secret_file": "secret",
                               "checks": {"like": {"url": f"http://127.0.0.1:{cls.ports['videos']}/api/likes?of={{target}}", "at": "/liked"}}},
                    "curve": {"client_id": "public", "algorithm": "ES256"}}
        for network, adapter in adapters.items():
            (folder / f"{network}.json").write_text(json.dumps({"network": network, "issuer": f"http://127.0.0.1:{cls.ports[network]}", **adapter}))
        node = Node(cls.folder / name, *[word for network in adapters for word in ("--oauth", folder / f"{network}.json")])
        clients = {"videos": ({"client_id": "swarma", "client_secret": SECRET, "token_endpoint_auth_method": "client_secret_basic"}, "RS256"),
                   "curve": ({"client_id": "public", "token_endpoint_auth_method": "none"}, "ES256")}
        cls.provider = subprocess.Popen(["node", HERE / "provider.mjs"], cwd=HERE, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=open(folder / "log", "w"))
        cls.addClassCleanup(cls.end_provider)
        cls.provider.stdin.write(json.dumps({"providers": [{"port": cls.ports[n], "client": client, "alg": alg, "redirects": [f"{node.url}/v1/actions/return"]}
                                                           for n, (client, alg) in clients.items()]}))
        cls.provider.stdin.close()
        assert cls.provider.stdout.readline() == "ready\n", (folder / "log").read_text()
        node.start()
        cls.addClassCleanup(lambda: node.process.poll() is None and node.kill())
        return node

    @classmethod
    def end_provider(cls):
        cls.provider.kill()
        cls.provider.wait()
        cls.provider.stdout.close()

    # --- words -----------------------------------------------------------------------------------------------------
    def setUp(self):
        self.control("videos", lie=None)

    def control(self, network, **order):
        request = urllib.request.Request(f"http://127.0.0.1:{self.ports[network]}/control", json.dumps(order).encode())
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    def browser(self, login):
        return Browser(self.node, login)

    def looked_at(self, returned):
        """(status, page) of the address that the provider leads to."""
        status, headers, page = self.node.request("GET", "/v1/actions/return?" + urlencode(returned))
        self.assertIn("no-store", headers["cache-control"])
        return status, page.decode()

    def pressed(self, returned):
        """(status, page) after the button."""
        form = {name: value for name, value in returned.items() if name != "state"}
        status, _, page = self.node.request("POST", "/v1/actions/return/" + returned["state"], urlencode(form), FORM)
        return status, page.decode()

    def came_back(self, viewer, path, login, title_id=None):
        """An action whose viewer signed in; its window said `Done`."""
        action = self.start(viewer, path, title_id)
        status, page = self.pressed(self.browser(login).sign_in(action["challenge"]["url"]))
        self.assertEqual(status, 200, page)
        return action

    def fails(self, path, sentence, status=403, **changes):
        """A sign-in with something wrong about what comes back, after which the film stays shut."""
        viewer = self.viewer()
        action = self.start(viewer, path)
        returned = {**self.browser("mallory").sign_in(action["challenge"]["url"]), **changes}
        got, page = self.pressed({name: value for name, value in returned.items() if value is not None})
        self.assertEqual(got, status, page)
        self.assertIn(sentence, html.unescape(page))
        self.refused(self.complete(viewer, action, {}), 409, "not_yet")

    # --- what opens ------------------------------------------------------------------------------------------------
    def test_an_account_opens_the_film(self):
        viewer = self.viewer()
        action = self.start(viewer, "account")
        challenge, provider = action["challenge"], f"127.0.0.1:{self.ports['videos']}"
        self.assertEqual({k: challenge[k] for k in ("network", "provider", "action")}, {"network": "videos", "provider": provider, "action": "sign_in"})
        asked = parse_qs(urlsplit(challenge["url"]).query)
        self.assertEqual((asked["response_type"], asked["code_challenge_method"], asked["scope"]), (["code"], ["S256"], ["openid"]))
        self.refused(self.complete(viewer, action, {}), 409, "not_yet")
        returned = self.browser("ada").sign_in(challenge["url"])
        self.assertEqual(returned["iss"], f"http://{provider}")
        status, page = self.looked_at(returned)
        self.assertEqual(status, 200, page)
        self.assertIn(challenge["match"], page)
        self.assertIn("<form", page)
        self.refused(self.complete(viewer, action, {}), 409, "not_yet")  # looking opens nothing
        self.assertEqual(self.pressed(returned)[0], 200)
        self.assertEqual(self.pressed(returned)[0], 200)  # twice does no harm
        status, answer = self.complete(viewer, action, {})
        self.assertEqual(status, 200, answer)
        claims = payload(answer["attestation"])
        self.assertEqual((claims["trust"], claims["evidence"]["network"]), (0.5, "videos"))
        self.assertEqual(self.unlock(viewer, "account", answer["attestation"])[0], 200)
        self.assertEqual(self.pressed(returned)[0], 404)

    def test_a_provider_with_a_curve_and_a_public_client(self):
        viewer = self.viewer()
        self.granted(self.complete(viewer, self.came_back(viewer, "curve", "ada"), {}))

    def test_a_like_is_what_the_platform_says_it_is(self):
        viewer = self.viewer()
        action = self.start(viewer, "like")
        self.assertEqual((action["challenge"]["action"], action["challenge"]["target"]), ("like", "the film/1"))
        browser = self.browser("lena")
        status, page = self.pressed(browser.sign_in(action["challenge"]["url"]))
        self.assertEqual(status, 403, page)
        self.assertIn("does not say that you did this", page)
        self.refused(self.complete(viewer, action, {}), 409, "not_yet")
        self.control("videos", likes=[["lena", "the film/1"], ["other", "the film/2"]])
        self.assertEqual(self.pressed(browser.sign_in(action["challenge"]["url"]))[0], 200)
        self.assertEqual(self.granted(self.complete(viewer, action, {}))["trust"], 0.7)

    def test_what_nobody_can_check_is_not_offered(self):
        for path, available in (("account", True), ("like", True), ("repost", False), ("unknown", False)):
            self.assertEqual(self.leaf(path)["available"], available, path)

    # --- one account, one viewer -------------------------------------------------------------------------------------
    def test_an_account_counts_for_one_viewer_of_a_title(self):
        first, second = self.viewer(), self.viewer()
        self.granted(self.complete(first, self.came_back(first, "account", "olga"), {}))
        self.refused(self.complete(second, self.came_back(second, "account", "olga"), {}), 403, "account_used")
        self.granted(self.complete(first, self.came_back(first, "account", "olga"), {}))  # again, on the same device
        self.granted(self.complete(second, self.came_back(second, "account", "olga", self.other_id), {}))

    def test_another_viewer_cannot_finish(self):
        viewer = self.viewer()
        action = self.came_back(viewer, "account", "nina")
        self.refused(self.complete(self.viewer(), action, {}), 403, "action_wrong_viewer")
        self.refused(self.complete(viewer, {"action_id": "A" * 22}, {}), 404, "action_unknown")

    # --- what comes back and is not right ------------------------------------------------------------------------------
    def test_a_code_is_good_once_and_for_its_own_action(self):
        first, second = self.viewer(), self.viewer()
        one, two = self.start(first, "account"), self.start(second, "account")
        returned = self.browser("peter").sign_in(one["challenge"]["url"])
        stolen = {**returned, "state": parse_qs(urlsplit(two["challenge"]["url"]).query)["state"][0]}
        status, page = self.pressed(stolen)  # PKCE: the code belongs to the other action
        self.assertEqual(status, 403, page)
        self.refused(self.complete(second, two, {}), 409, "not_yet")
        fresh = self.browser("peter").sign_in(one["challenge"]["url"])
        self.assertEqual(self.pressed(fresh)[0], 200)
        self.granted(self.complete(first, one, {}))
        three = self.start(first, "account")
        status, page = self.pressed({**fresh, "state": parse_qs(urlsplit(three["challenge"]["url"]).query)["state"][0]})
        self.assertEqual(status, 403, page)
        self.assertIn("used before", page)

    def test_states_codes_and_issuers_that_are_wrong(self):
        viewer = self.viewer()
        returned = self.browser("mallory").sign_in(self.start(viewer, "account")["challenge"]["url"])
        for state in ("A" * 22, "", "x" * 500):
            self.assertEqual(self.looked_at({**returned, "state": state})[0], 404)
        self.fails("account", "not come from videos", iss="https://other.example")
        self.fails("account", "not come from videos", iss=f"http://127.0.0.1:{self.ports['curve']}")
        self.fails("account", "not come from videos", iss=None)  # this provider says that it always sends it
        self.fails("account", "Sign in again", code="nonsense")
        self.fails("account", "", status=400, code=None)

    def test_a_viewer_who_declines(self):
        viewer = self.viewer()
        action = self.start(viewer, "account")
        returned = self.browser("ada").sign_in(action["challenge"]["url"], declines=True)
        self.assertEqual(returned["error"], "access_denied")
        status, page = self.looked_at({**returned, "error_description": "<b>Send money to 1x2y</b>"})
        self.assertEqual(status, 403)
        self.assertNotIn("money", page)
        self.refused(self.complete(viewer, action, {}), 409, "not_yet")

    def test_an_id_token_that_is_not_right_is_named_and_refused(self):
        for lie, sentence in {"issuer": "of another issuer", "audience": "meant for somebody else", "audiences": "asked for by somebody else",
                              "party": "asked for by somebody else", "expired": "has expired", "old": "not made just now", "future": "not made just now",
                              "nonce": "not for this sign-in", "no_nonce": "not for this sign-in", "no_subject": "who you are",
                              "access_token": "another access token", "signature": "signature of its ID token does not fit",
                              "none": "algorithm that was agreed on", "secret": "algorithm that was agreed on", "critical": "critical extensions"}.items():
            with self.subTest(lie):
                self.control("videos", lie=lie)
                self.fails("account", sentence)

    def test_a_terminal_shows_the_address_and_waits(self):
        with Terminal(self, self.title_id, "account") as terminal:
            heard = terminal.hear("have done so:")
            url, match = re.search(r"^(http\S+)", heard, re.M)[1], re.search(r"the number (\d{4})", heard)[1]
            terminal.type("")
            self.assertIn("not come back", terminal.hear("have done so:"))
            returned = self.browser("terry").sign_in(url)
            self.assertIn(match, self.looked_at(returned)[1])
            self.assertEqual(self.pressed(returned)[0], 200)
            terminal.type("")
            terminal.expect_film()

    # --- the node and its operator ---------------------------------------------------------------------------------------
    def test_nothing_of_an_account_is_kept_or_logged(self):
        viewer = self.viewer()
        action = self.start(viewer, "account")
        returned = self.browser("kept.nowhere").sign_in(action["challenge"]["url"])
        self.assertEqual(self.pressed(returned)[0], 200)
        self.granted(self.complete(viewer, action, {}))
        held = b"".join(path.read_bytes() for path in self.node.data.glob("swarma.db*")) + self.node.log().encode()
        for secret in ("kept.nowhere", returned["code"], SECRET):
            self.assertNotIn(secret.encode(), held)
        self.assertIn(action["action_id"].encode(), held)  # we looked at the right place

    def test_options_that_cannot_be(self):
        good = {"network": "videos", "issuer": "https://accounts.example.org", "client_id": "x"}
        for changes in ({"issuer": "http://accounts.example.org"}, {"issuer": "https://x.example/?a"}, {"network": "nostr"}, {"network": "Videos"}, {"client_id": 7},
                        {"algorithm": "HS256"}, {"scope": "likes"}, {"client_secret_file": "missing"}, {"colour": "red"},
                        {"checks": {"like": {"url": "https://api.example/likes", "at": "/liked"}}}, {"checks": {"like": {"url": "https://{target}/likes", "at": "/liked"}}},
                        {"checks": {"like": {"url": "https://api.example/{target}", "at": "liked"}}}, {"checks": {"hug": {"url": "https://api.example/{target}", "at": ""}}}):
            file = self.folder / "bad.json"
            file.write_text(json.dumps({**good, **changes}))
            answer = swarma("serve", "--data", self.folder / "bad", "--listen", "127.0.0.1:0", "--oauth", file)
            self.assertEqual(answer.reason, "oauth_config_bad", (changes, answer.errors))

    def test_z_keys_that_change_are_fetched_again_but_not_at_every_word(self):
        viewer = self.viewer()
        self.granted(self.complete(viewer, self.came_back(viewer, "curve", "zoe"), {}))
        known_at = time.monotonic()
        self.control("curve", rotated=True)
        before = self.control("curve")["keyFetches"]
        self.fails("curve", "a key that it does not publish", status=404)
        self.fails("curve", "a key that it does not publish", status=404)
        self.assertLessEqual(self.control("curve")["keyFetches"], before + 1)
        time.sleep(max(0.0, 62 - (time.monotonic() - known_at)))  # the node's own pause, which no answer tells
        viewer = self.viewer()
        self.granted(self.complete(viewer, self.came_back(viewer, "curve", "yves"), {}))

    def test_zz_a_provider_that_is_away(self):
        type(self).end_provider()
        viewer = self.viewer()
        action = self.start(viewer, "account")  # its address is known
        status, page = self.pressed({"state": parse_qs(urlsplit(action["challenge"]["url"]).query)["state"][0], "code": "x", "iss": f"http://127.0.0.1:{self.ports['videos']}"})
        self.assertEqual(status, 503, page)
        self.refused(self.complete(viewer, action, {}), 409, "not_yet")


if __name__ == "__main__":
    unittest.main(warnings="ignore")
