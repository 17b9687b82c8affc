"""What any HTTP client may ask of a node: addresses that do not exist, codings, conditions, queries."""
import hashlib
import json
import re
import shutil
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from films import make_film
from program import Node, swarma
from studio import Studio

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


class HttpTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = Path(tempfile.mkdtemp(prefix="swarma-http-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        cls.node = Node(cls.folder / "node").start()
        cls.addClassCleanup(lambda: cls.node.process.poll() is None and cls.node.kill())
        film = make_film(cls.folder / "film.mp4", 2, "320x180")
        cls.title, cls.withdrawn = (cls.publish(film) for _ in range(2))
        status, _, answer = Studio(cls.node, cls.folder / "studio").call("DELETE", f"/v1/titles/{cls.withdrawn}")
        assert status == 200, answer
        cls.blob = cls.node.get_json(f"/v1/titles/{cls.title}")["title"]["playlist"]

    @classmethod
    def publish(cls, film):
        answer = swarma("publish", film, "--node", cls.node.url, "--data", cls.node.data, "--policy", "open", "--ladder", "copy", "--json")
        assert answer.code == 0, answer.errors
        return answer.json["title_id"]

    def ask(self, path, headers=None, method="GET", body=None):
        return self.node.request(method, path, body, headers)

    def status(self, path, headers=None, method="GET"):
        return self.ask(path, headers, method)[0]

    # --- addresses that do not exist -----------------------------------------------------------------------------
    def test_addresses_that_do_not_exist_are_404(self):
        for path in ("/v1", "/v1/", "/V1/node", "/api/v1/node", "/health/", "/healthz", "/metrics/", "/openapi.json/", "/assets/nope",
                     "/assets", "/index", "/" + self.blob.upper(), "/" + self.blob[:63], "/" + self.blob + "0", "/v1/titles/..%2f..%2fnode",
                     "/no/such/page", "/t", "/t/", "/studio/nothing", "/studio/edit", "/studio/link/more", f"/t/{self.title}/more",
                     "/t/" + self.title.upper(), "/t/" + "a" * 26, "/studio/edit/" + "a" * 26, "//", "/.", "/t//" + self.title):
            for headers in ({}, BROWSER):
                for method in ("GET", "HEAD"):
                    status, answer, body = self.ask(path, headers, method)
                    if path == "/.":
                        self.assertEqual(status, 200, "a dot segment is the folder itself")
                        continue
                    self.assertEqual(status, 404, f"{method} {path}")
                    shown = "text/html; charset=utf-8" if headers and not path.startswith("/v1/") else "application/problem+json"
                    if not path.startswith("/v1"):
                        self.assertEqual(answer["content-type"], shown, path)

    def test_pages_that_exist_are_200(self):
        for path in ("/", "/studio", "/studio/link", "/studio/new", f"/studio/new/{self.title}", f"/studio/edit/{self.title}", f"/t/{self.title}"):
            for headers in ({}, BROWSER):
                status, answer, _ = self.ask(path, headers)
                self.assertEqual((status, answer["content-type"]), (200, "text/html; charset=utf-8"), path)

    def test_a_slash_at_the_end_leads_to_the_page(self):
        for path in ("/studio", f"/t/{self.title}"):
            status, answer, _ = self.ask(path + "/?way=2")
            self.assertEqual((status, answer["location"]), (308, path + "?way=2"))

    def test_a_withdrawn_title_is_410(self):
        for headers in ({}, BROWSER):
            self.assertEqual(self.status(f"/t/{self.withdrawn}", headers), 410)
        status, _, body = self.ask(f"/v1/titles/{self.withdrawn}")
        self.assertEqual((status, json.loads(body)["reason"]), (410, "title_withdrawn"))
        status, _, body = self.ask("/v1/requirements/offer", method="POST", body=json.dumps({"title_id": self.withdrawn}))
        self.assertEqual((status, json.loads(body)["reason"]), (410, "title_withdrawn"))
        self.assertEqual(self.status("/v1/titles/" + "a" * 26), 404)

    # --- codings -------------------------------------------------------------------------------------------------
    def test_a_coding_with_weight_0_is_not_sent(self):
        asset = re.search(rb'src="(/assets/[^"]+\.js)"', self.node.get("/"))[1].decode()
        plain = self.ask(asset, {"Accept-Encoding": "identity"})[2]
        for accepted, right in (("br", "br"), ("gzip", "gzip"), ("identity", None), ("br;q=0", None), ("br;q=0, gzip", "gzip"),
                                ("gzip;q=0, br;q=0", None), ("deflate, gzip;q=0.0, br;q=0.000", None), ("vibrant", None), ("BR", "br"),
                                ("gzip;q=0.9, br;q=0.2", "gzip"), ("*;q=0.1", "br"), ("zstd, x-br, brr", None)):
            status, answer, body = self.ask(asset, {"Accept-Encoding": accepted})
            self.assertEqual((status, answer.get("content-encoding")), (200, right), accepted)
            self.assertEqual(body == plain, right is None, accepted)
        self.assertEqual(self.status(asset, {"Accept-Encoding": "identity;q=0"}), 406)

    # --- conditions ----------------------------------------------------------------------------------------------
    def test_what_is_unchanged_is_not_sent_again(self):
        for path in ("/", "/studio", f"/t/{self.title}", "/icon.svg", "/openapi.json", "/docs", f"/v1/titles/{self.title}", "/v1/catalog/search", f"/{self.blob}"):
            status, answer, _ = self.ask(path)
            self.assertEqual(status, 200, path)
            tag = answer["etag"]
            for condition in (tag, f'"other", {tag}', "W/" + tag, "*"):
                status, again, body = self.ask(path, {"If-None-Match": condition})
                self.assertEqual((status, body, again["etag"]), (304, b"", tag), f"{path} {condition}")
            self.assertEqual(self.status(path, {"If-None-Match": '"other"'}), 200)
            self.assertEqual(self.status(path, {"If-Match": tag}), 200)
            for method in ("GET", "HEAD"):
                self.assertEqual(self.status(path, {"If-Match": '"other"'}, method), 412, path)

    def test_each_coding_of_a_page_has_its_own_tag(self):
        tags = {self.ask("/", {"Accept-Encoding": coding})[1]["etag"] for coding in ("identity", "gzip", "br")}
        self.assertEqual(len(tags), 3)

    def test_a_change_under_a_condition_is_not_made(self):
        for header in ({"If-Match": '"x"'}, {"If-Unmodified-Since": "Thu, 01 Jan 1970 00:00:00 GMT"}):
            status, _, body = self.ask(f"/v1/titles/{self.title}", header, "DELETE")
            self.assertEqual((status, json.loads(body)["reason"]), (412, "precondition_failed"))

    # --- headers -------------------------------------------------------------------------------------------------
    def test_nothing_is_sniffed(self):
        for path in ("/", "/v1/node", "/metrics", "/health", "/openapi.json", "/docs", f"/{self.blob}", "/no/such/page", "/v1/nothing"):
            self.assertEqual(self.ask(path)[1].get("x-content-type-options"), "nosniff", path)

    # --- queries -------------------------------------------------------------------------------------------------
    def test_queries_are_read_strictly(self):
        search = "/v1/catalog/search?"
        for query in ("limit=18446744073709551617", "limit=99999999999999999999", "limit=0", "limit=101", "limit=-1", "limit=", "limit=5&limit=5",
                      "limit=5%20", "q=%ff", "q=%c3", "q=%zz", "q=%", "q=%00", "q=a&q=b", "q=" + "a" * 201, "cursor=nonsense", "cursor=" + "a" * 300,
                      "other=%ff"):
            status, _, body = self.ask(search + query)
            self.assertEqual(status, 400, query)
            self.assertIn(json.loads(body)["reason"], ("bad_query", "bad_cursor", "query_too_long"), query)
        for query in ("limit=1", "limit=100", "q=", "q=Z%C3%BCrich", "q=a+b", "q=" + "%C3%BC" * 200, "unknown=1"):
            self.assertEqual(self.status(search + query), 200, query)
        for path in ("/?q=%ff", "/v1/node?x=%80", f"/{self.blob}?%ff", "/no/such/page?a=%"):
            self.assertEqual(self.status(path), 400, path)

    def test_a_blob_is_what_its_name_says(self):
        status, answer, body = self.ask(f"/{self.blob}", {"Accept-Encoding": "br, gzip"})
        self.assertEqual((status, hashlib.sha256(body).hexdigest()), (200, self.blob))
        self.assertNotIn("content-encoding", answer)
        self.assertIn("no-transform", answer["cache-control"])


if __name__ == "__main__":
    unittest.main()
