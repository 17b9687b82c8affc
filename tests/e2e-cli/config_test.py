"""Every option is a flag, a variable and a key of the config file; the nearer to the hand, the more it weighs."""
import os
import re
import shutil
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from program import Node, swarma


class ConfigTest(unittest.TestCase):
    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="swarma-config-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.file = self.folder / "swarma.toml"

    def shown(self, *options):
        answer = swarma("key", "show", "--json", *options)
        self.assertEqual(answer.code, 0, answer.errors)
        return answer.json["data"]

    def test_file_variable_flag(self):
        self.file.write_text(f'data = "{self.folder}/from-file"\n')
        with mock.patch.dict(os.environ, {"SWARMA_CONFIG": str(self.file)}):
            self.assertEqual(self.shown(), f"{self.folder}/from-file")
            with mock.patch.dict(os.environ, {"SWARMA_DATA": f"{self.folder}/from-variable"}):
                self.assertEqual(self.shown(), f"{self.folder}/from-variable")
                self.assertEqual(self.shown("--data", f"{self.folder}/from-flag"), f"{self.folder}/from-flag")

    def test_flags_without_value_and_tables_of_other_commands(self):
        self.file.write_text(f'data = "{self.folder}/x"\njson = true\n[serve]\nname = "not mine"\n')
        answer = swarma("key", "show", "--config", self.file)
        self.assertEqual(answer.code, 0, answer.errors)
        self.assertEqual(answer.json["data"], f"{self.folder}/x")

    def test_misspelt_key_is_an_error(self):
        self.file.write_text('listn = "127.0.0.1:0"\n')
        answer = swarma("serve", "--config", self.file, "--data", self.folder / "node", timeout=20)
        self.assertEqual(answer.code, 2)
        self.assertIn("listn", answer.errors)

    def test_broken_or_missing_file_is_an_error(self):
        answer = swarma("serve", "--config", self.folder / "nothing.toml", "--data", self.folder / "node", timeout=20)
        self.assertEqual(answer.code, 2)
        self.assertIn("nothing.toml", answer.errors)


    def test_the_sample_file_starts_a_node(self):
        sample = (Path(__file__).resolve().parents[2] / "docs/reference/swarma.toml").read_text()
        keys = [line[1:] for line in sample.splitlines() if re.match(r"#[a-z-]+ = ", line)]
        self.assertGreater(len(keys), 20)
        chosen = [key for key in keys if not key.startswith(("data", "tls", "listen", "public-url", "passphrase-file", "ca-file", "database =", "blobs"))]
        self.file.write_text("\n".join(chosen) + "\n")
        with Node(self.folder / "node", "--config", self.file) as node:
            self.assertEqual(node.get_json("/v1/node")["name"], "Swarma")

    def test_roles(self):
        with Node(self.folder / "fabric", "--roles", "fabric") as node:
            self.assertEqual(node.request("GET", "/v1/catalog/search?q=")[0], 200)
            self.assertEqual(node.request("GET", "/v1/media")[0], 404)      # the creator's
        with Node(self.folder / "both", "--roles", "fabric,creator") as node:
            self.assertEqual(node.request("GET", "/v1/media")[0], 401)
        answer = swarma("serve", "--roles", "creator", "--data", self.folder / "creator", timeout=20)
        self.assertEqual(answer.reason, "usage", answer.errors)
        answer = swarma("serve", "--roles", "king", "--data", self.folder / "king", timeout=20)
        self.assertEqual(answer.code, 2)


if __name__ == "__main__":
    unittest.main()
