"""A house that breaks every rule once: tools/tidy must name each, and must be silent about the same house mended."""
import importlib.machinery
import importlib.util
import tempfile
import unittest
from pathlib import Path

program = Path(__file__).resolve().parent / "tidy"
loader = importlib.machinery.SourceFileLoader("tidy", str(program))
tidy = importlib.util.module_from_spec(importlib.util.spec_from_loader("tidy", loader))
loader.exec_module(tidy)

LAYERS = """
[modules]
"base" = []
"net" = ["base"]
"content/media" = ["base"]
"access/policy" = ["base"]
[test_modules]
[planes]
names = ["content", "access"]
[third_party]
"asio" = ["net"]
[cpp_only]
headers = ["nlohmann/json.hpp"]
[web]
roots = ["web/src", "sdk/ts"]
[web.modules]
"sdk/ts" = []
"web/src/frame" = []
"web/src/player" = ["web/src/frame"]
"web/src" = ["web/src/frame", "web/src/player"]
[web.packages]
"hls.js" = ["web/src/player"]
[circles]
forbidden = ["web/src", "sdk/ts", "src/net"]
[time]
clocks = ["base"]
sleeping = ["net"]
[fuzz.through]
parse_body = "parse_json"
[seams]
for_tests = ["set_time"]
[limits]
file_lines = 20
function_lines = 5
readme_lines = 5
[exceptions]
"""
CMAKE = """
swarma_module(base LIBS fmt::fmt)
swarma_module(net DEPS base LIBS CURL::libcurl)
swarma_module(content/media DEPS base)
swarma_module(access/policy DEPS base)
"""
GOOD = {
    "tools/layers.toml": LAYERS,
    "src/CMakeLists.txt": CMAKE,
    "src/base/README.md": "# base\n",
    "src/net/README.md": "# net\n",
    "src/content/media/README.md": "# media\n\nSee [base](../../base/README.md#base) and `src/net/`.\n",
    "src/base/bytes.h": "#pragma once\n",
    "src/net/loop.h": "#pragma once\n#include <asio/io_context.hpp>\n",
    "src/net/http.h": '#pragma once\n#include "base/bytes.h"\n',
    "src/content/media/probe.cpp": '#include "base/bytes.h"\n#include <nlohmann/json.hpp>\n',
    "web/src/app.tsx": "import { play } from './player/player.tsx';\nimport './style.css';\n",
    "web/src/style.css": "@import './frame/frame.css';\n",
    "web/src/frame/frame.css": "a{}\n",
    "web/src/frame/words.ts": "export const say = (code: string) => import(`./${code}.json`);\n",
    "web/src/player/player.tsx": "import Hls from 'hls.js';\nimport { say } from '../frame/words.ts';\n",
    "sdk/ts/client.ts": "export {};\n",
    "tests/whole.cpp": '#include "content/media/probe.cpp"\n#include "net/http.h"\n',
}


class TidyTest(unittest.TestCase):
    def broken(self, **changes):
        """(rule, file) of everything broken in the good house with these files laid over it (dots as given)."""
        with tempfile.TemporaryDirectory() as root:
            for name, text in {**GOOD, **changes.get("files", {})}.items():
                if text is not None:
                    (Path(root) / name).parent.mkdir(parents=True, exist_ok=True)
                    (Path(root) / name).write_text(text)
            house = tidy.Tidy(root)
            house.run()
            self.reports = house.reports
            return sorted((rule, place.split(":")[0]) for rule, place, _ in house.broken)

    def test_a_good_house_is_silent(self):
        self.assertEqual(self.broken(), [])

    def test_an_include_against_the_arrows(self):
        name = "src/base/up.cpp"
        self.assertEqual(self.broken(files={name: '#include "net/http.h"\n'}), [("arrows", name)])

    def test_an_include_of_nothing(self):
        name = "src/base/gone.cpp"
        self.assertEqual(self.broken(files={name: '#include "base/gone.h"\n'}), [("arrows", name)])

    def test_a_file_in_no_module(self):
        self.assertEqual(self.broken(files={"src/utils/all.cpp": "int x;\n"}), [("arrows", "src/utils/all.cpp")])

    def test_a_commented_include_is_no_include(self):
        self.assertEqual(self.broken(files={"src/base/up.cpp": '// #include "net/http.h"\n/*\n#include "net/http.h"\n*/\n'}), [])

    def test_arrows_that_differ_from_cmake(self):
        cmake = CMAKE.replace("content/media DEPS base", "content/media DEPS base net")
        self.assertEqual(self.broken(files={"src/CMakeLists.txt": cmake}), [("cmake", "src/CMakeLists.txt")])

    def test_a_module_that_only_cmake_knows(self):
        cmake = CMAKE + "swarma_module(value DEPS base)\n"
        self.assertEqual(self.broken(files={"src/CMakeLists.txt": cmake}), [("cmake", "src/CMakeLists.txt")])

    def test_a_plane_that_includes_another(self):
        change = {"tools/layers.toml": LAYERS.replace('"access/policy" = ["base"]', '"access/policy" = ["base", "content/media"]'),
                  "src/CMakeLists.txt": CMAKE.replace("access/policy DEPS base", "access/policy DEPS base content/media")}
        self.assertEqual(self.broken(files=change), [("planes", "tools/layers.toml")])

    def test_a_cycle(self):
        change = {"tools/layers.toml": LAYERS.replace('"base" = []', '"base" = ["net"]'),
                  "src/CMakeLists.txt": CMAKE.replace("(base LIBS", "(base DEPS net LIBS")}
        self.assertEqual(self.broken(files=change), [("planes", "tools/layers.toml")])

    def test_a_library_outside_its_module(self):
        name = "src/base/socket.cpp"
        self.assertEqual(self.broken(files={name: "#include <asio.hpp>\n"}), [("third_party", name)])
        self.assertEqual(self.broken(files={name: "#include <asio/ip/tcp.hpp>\n"}), [("third_party", name)])

    def test_a_private_header_seen_from_outside(self):
        layers = LAYERS.replace('"access/policy" = ["base"]', '"access/policy" = ["base", "net"]')
        cmake = CMAKE.replace("access/policy DEPS base", "access/policy DEPS base net")
        files = {"tools/layers.toml": layers, "src/CMakeLists.txt": cmake, "src/access/policy/README.md": "# p\n",
                 "src/net/outer.h": '#include "net/loop.h"\n', "src/access/policy/p.cpp": '#include "net/outer.h"\n'}
        self.assertEqual(self.broken(files=files), [("third_party", "src/access/policy/p.cpp")])

    def test_an_import_against_the_arrows(self):
        name = "web/src/frame/up.ts"
        for text in ("import { play } from '../player/player.tsx';", "export { play } from '../player/player.tsx';",
                     "const later = () => import('../player/player.tsx');", "new Worker(new URL('../player/player.tsx', here));",
                     "import '../player/gone.ts';", "import x from '../../../tools/layers.toml';",
                     "const make = (name) => import(`../player/${name}.tsx`);"):
            self.assertEqual(self.broken(files={name: text + "\n"}), [("arrows", name)], text)
        self.assertEqual(self.broken(files={name: "// import '../player/player.tsx';\nconst a = '//';\n"}), [])

    def test_a_page_in_no_module(self):
        self.assertEqual(self.broken(files={"web/src/shop/shop.ts": "export {};\n"}), [("arrows", "web/src/shop/shop.ts")])

    def test_features_that_need_each_other(self):
        layers = LAYERS.replace('"web/src/frame" = []', '"web/src/frame" = ["web/src/player"]')
        self.assertEqual(self.broken(files={"tools/layers.toml": layers}), [("arrows", "tools/layers.toml")])

    def test_a_package_outside_its_feature(self):
        for target in ("hls.js", "hls.js/dist/hls.worker.js?url"):
            name = "web/src/frame/film.ts"
            self.assertEqual(self.broken(files={name: f"import x from '{target}';\n"}), [("third_party", name)])

    def test_an_export_that_nobody_uses(self):
        for what in ("const gone = 1;", "type Gone = 1;", "async function gone() {}"):
            self.assertEqual(self.broken(files={"web/src/frame/dead.ts": f"export {what}\n"}), [("dead", "web/src/frame/dead.ts")])

    def test_a_circle_of_pages(self):
        files = {"web/src/frame/a.ts": "import type { B } from './b.ts';\n", "web/src/frame/b.ts": "import { a } from './a.ts';\n"}
        self.assertEqual(self.broken(files=files), [("circle", "web/src/frame/a.ts")])

    def test_a_circle_of_pairs(self):
        def files(module):
            return {f"src/{module}/a.h": f'#pragma once\n#include "{module}/b.h"\n', f"src/{module}/b.h": "#pragma once\n",
                    f"src/{module}/b.cpp": f'#include "{module}/b.h"\n#include "{module}/a.h"\n'}
        self.assertEqual(self.broken(files=files("net")), [("circle", "src/net/a")])
        self.assertEqual(self.broken(files=files("base")), [])
        self.assertEqual(self.reports, [("circle", "src/base/a", "src/base/a -> src/base/b -> src/base/a")])

    def test_a_declaration_that_nobody_uses(self):
        declared = {"src/net/http.h": "#pragma once\nint answer(int);\n", "src/net/http.cpp": '#include "net/http.h"\nint answer(int x) { return x; }\n'}
        self.assertEqual(self.broken(files=declared), [("dead", "src/net/http.h")])
        tested = {**declared, "src/net/http_test.cpp": "int x = answer(1);\n"}
        self.assertEqual(self.broken(files=tested), [("dead", "src/net/http.h")])
        self.assertEqual(self.broken(files={**declared, "src/net/user.cpp": "int x = answer(1);\n"}), [])
        self.assertEqual(self.broken(files={"src/net/http.h": "#pragma once\nvoid set_time(int);\n"}), [])

    def test_a_parser_without_a_fuzz_target(self):
        user = {"src/net/user.cpp": "int x = parse_head(1) + parse_body(2);\n"}
        head = {**user, "src/net/http.h": "#pragma once\nint parse_head(int);\n"}
        self.assertEqual(self.broken(files=head), [("fuzz", "src/net/http.h")])
        self.assertEqual(self.broken(files={**head, "fuzz/head.cpp": "int y = parse_head(3);\n"}), [])
        body = {**user, "src/net/http.h": "#pragma once\nint parse_body(int);\n"}
        self.assertEqual(self.broken(files={**body, "fuzz/json.cpp": "int y = parse_json(3);\n"}), [])

    def test_a_clock_of_ones_own(self):
        for line in ("auto now = std::chrono::steady_clock::now();", "auto now = time(nullptr);"):
            self.assertEqual(self.broken(files={"src/net/http.cpp": line + "\n"}), [("time", "src/net/http.cpp")])
            self.assertEqual(self.broken(files={"src/base/clock.cpp": line + "\n"}), [])

    def test_a_nap(self):
        nap = "std::this_thread::sleep_for(pause);\n"
        self.assertEqual(self.broken(files={"src/content/media/probe.cpp": nap}), [("time", "src/content/media/probe.cpp")])
        self.assertEqual(self.broken(files={"src/net/http.cpp": nap}), [])

    def test_json_in_a_header(self):
        name = "src/base/json.h"
        self.assertEqual(self.broken(files={name: "#include <nlohmann/json.hpp>\n"}), [("cpp_only", name)])

    def test_a_file_that_is_too_long(self):
        name = "src/base/long.cpp"
        self.assertEqual(self.broken(files={name: "\n" * 21}), [("length", name)])
        self.assertEqual(self.broken(files={"web/src/wire-generated.ts": "\n" * 21}), [])

    def test_unfinished_work(self):
        name = "src/base/later.cpp"
        self.assertEqual(self.broken(files={name: "// TO" + "DO: later\n"}), [("unfinished", name)])

    def test_a_command_that_prints_past_the_terminal(self):
        for line in ('fmt::print("{}", name);', "std::cout << name;", "puts(name);"):
            self.assertIn(("terminal", "src/cli/new.cpp"), self.broken(files={"src/cli/new.cpp": line + "\n"}))
        self.assertNotIn(("terminal", "src/cli/terminal.cpp"),
                         self.broken(files={"src/cli/terminal.cpp": 'fmt::print("x");\n'}))

    def test_a_path_of_one_machine(self):
        self.assertEqual(self.broken(files={"docs/a.md": "see /ho" + "me/me/notes\n"}), [("machine_path", "docs/a.md")])

    def test_a_module_without_readme(self):
        self.assertEqual(self.broken(files={"src/net/README.md": None, "src/content/media/README.md": "# media\n"}),
                         [("readme", "src/net/README.md")])

    def test_a_readme_that_is_a_book(self):
        self.assertEqual(self.broken(files={"src/net/README.md": "line\n" * 6}), [("readme", "src/net/README.md")])

    def test_links_that_lead_nowhere(self):
        for text in ("[x](gone.md)", "![x](gone.png)", "[x](../src/base/README.md#gone)", "`src/gone.cpp`"):
            self.assertEqual(self.broken(files={"docs/a.md": text + "\n"}), [("link", "docs/a.md")], text)

    def test_links_that_are_fine(self):
        text = "# One thing\n[x](#one-thing) [y](https://example.org/gone) `[z](gone)`\n```\n[code](gone)\n```\n"
        self.assertEqual(self.broken(files={"docs/a.md": text}), [])

    def test_an_exception_is_honoured(self):
        name = "src/base/long.cpp"
        layers = LAYERS + f'length = ["{name}"]\n'
        self.assertEqual(self.broken(files={name: "\n" * 21, "tools/layers.toml": layers}), [])

    def test_long_functions_are_reported_with_their_length(self):
        body = "namespace a {\nclass B {\n  void f() { int x; }\n};\nint g(int a) {\n" + '  s("}");\n' * 6 + "}\n}\n"
        self.assertEqual(self.broken(files={"src/base/f.cpp": body}), [])
        self.assertEqual(self.reports, [("long function", "src/base/f.cpp:5", "6 lines: int g(int a)")])


if __name__ == "__main__":
    unittest.main()
