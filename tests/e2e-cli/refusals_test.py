"""What is no film is refused with a sentence of its own, and leaves no trace."""
import shutil
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from films import ffmpeg, films_folder, make_film
from program import Node, files_below, swarma

# Real broken files: name in the media folder → reason.
REAL = {"extras/bbb_truncated_moov_first.mp4": "file_truncated", "extras/broken_no_moov.mp4": "not_media",
        "extras/nasa_audio_only.mp3": "no_video", "extras/still_grapefruit.jpg": "still_image"}


def cut_in_half(path, whole):
    data = whole.read_bytes()
    path.write_bytes(data[:len(data) // 2])
    return path


def written(path, data):
    path.write_bytes(data)
    return path


def sound_with_cover(folder):
    ffmpeg("-f", "lavfi", "-i", "testsrc2=size=64x64", "-frames:v", "1", folder / "cover.png")
    ffmpeg("-f", "lavfi", "-i", "sine=duration=2", "-i", folder / "cover.png", "-map", "0:a", "-map", "1:v", "-c:v", "png",
           "-disposition:v", "attached_pic", folder / "song.mp3")
    return folder / "song.mp3"


def picture(path):
    ffmpeg("-f", "lavfi", "-i", "testsrc2=size=64x64", "-frames:v", "1", path)
    return path


class RefusalsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = Path(tempfile.mkdtemp(prefix="swarma-refusals-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        cls.node = Node(cls.folder / "node").start()
        cls.addClassCleanup(lambda: cls.node.process.poll() is None and cls.node.kill())
        cls.film = make_film(cls.folder / "film.mp4", 8, "320x180", 24, 1, "-movflags", "+faststart")

    def trace(self):
        """Everything a publish could leave behind: files of the node and of the creator, and visible titles."""
        return set(files_below(self.folder / "node")), self.node.titles()

    def refused(self, file, reason, *options):
        before = self.trace()
        answer = swarma("publish", file, "--node", self.node.url, "--data", self.folder / "node", "--policy", "open", "--json", *options)
        self.assertEqual((answer.code, answer.reason), (1, reason), answer.errors)
        self.assertEqual(answer.output, "")
        self.assertEqual(self.trace(), before, "a refused file left a trace")
        return answer.errors

    def test_real_broken_files(self):
        sentences = {self.refused(films_folder() / name, reason) for name, reason in REAL.items()}
        self.assertEqual(len(sentences), len(REAL), "each has a sentence of its own")

    def test_a_film_cut_in_half(self):
        self.refused(cut_in_half(self.folder / "half.mp4", self.film), "file_truncated")

    def test_a_matroska_film_cut_in_half(self):
        whole = make_film(self.folder / "film.mkv", 20, "320x180")
        self.refused(cut_in_half(self.folder / "half.mkv", whole), "file_truncated")

    def test_text(self):
        self.refused(written(self.folder / "text.mp4", b"This is a letter, not a film.\n" * 50), "not_media")

    def test_nothing(self):
        self.refused(written(self.folder / "empty.mp4", b""), "not_media")

    def test_zeros(self):
        self.refused(written(self.folder / "zeros.mp4", bytes(1 << 16)), "not_media")

    def test_a_picture(self):
        self.refused(picture(self.folder / "still.png"), "still_image")

    def test_a_song_with_a_cover(self):
        self.refused(sound_with_cover(self.folder), "no_video")

    def test_no_such_file(self):
        before = self.trace()
        answer = swarma("publish", self.folder / "gone.mp4", "--node", self.node.url, "--data", self.folder / "node", "--json")
        self.assertEqual(answer.code, 1)
        self.assertIn("gone.mp4", answer.errors)
        self.assertEqual(self.trace(), before)

    def test_captions_that_are_none(self):
        bad = written(self.folder / "bad.srt", b"\x00\x01\x02 no cues at all")
        self.refused(self.film, "bad_captions", "--captions", f"de={bad}")

    def test_a_playlist_that_points_elsewhere(self):
        """A playlist or concat script is no film: opening it would read files that were not given."""
        secret = written(self.folder / "secret.txt", b"secret")
        self.refused(written(self.folder / "list.m3u8", f"#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\n{self.film}\n#EXT-X-ENDLIST\n".encode()), "not_media")
        self.refused(written(self.folder / "list.ffconcat", f"ffconcat version 1.0\nfile '{self.film}'\nfile '{secret}'\n".encode()), "not_media")


if __name__ == "__main__":
    unittest.main()
