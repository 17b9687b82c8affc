"""Films for tests: made by ffmpeg, looked at by ffprobe."""
import json
import re
import subprocess
from pathlib import Path

from make_films import make_films, real_films


def media_folder():
    """Real films ($SWARMA_MEDIA, or ../shared/media beside the repository), or None."""
    return real_films()


def films_folder():
    """The real films, or where there are none, films of the same names and properties made for the tests."""
    return real_films() or make_films()


def ffmpeg(*arguments, timeout=600):
    done = subprocess.run(["ffmpeg", "-nostdin", "-hide_banner", "-y", *map(str, arguments)], capture_output=True, text=True, timeout=timeout)
    if done.returncode != 0:
        raise RuntimeError(f"ffmpeg {' '.join(map(str, arguments))}: {done.stderr[-1500:]}")
    return done


def make_film(path, seconds=8, size="640x360", rate=24, audio=1, *extra):
    """A moving test picture with `audio` sound tracks, H.264 and AAC unless `extra` says otherwise."""
    inputs = ["-f", "lavfi", "-i", f"testsrc2=size={size}:rate={rate}:duration={seconds}"]
    maps = ["-map", "0:v"]
    for n in range(audio):
        inputs += ["-f", "lavfi", "-i", f"sine=frequency={330 + 110 * n}:sample_rate=48000:duration={seconds}"]
        maps += ["-map", f"{n + 1}:a"]
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    ffmpeg(*inputs, *maps, "-c:v", "libx264", "-preset", "veryfast", "-g", rate * 2, "-pix_fmt", "yuv420p", "-c:a", "aac", *extra, path)
    return path


def probe(path):
    """ffprobe's streams and format as JSON."""
    done = subprocess.run(["ffprobe", "-v", "error", "-show_streams", "-show_format", "-of", "json", str(path)], capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"ffprobe {path}: {done.stderr[-500:]}")
    return json.loads(done.stdout)


def streams(path, kind):
    return [s for s in probe(path)["streams"] if s["codec_type"] == kind and not s.get("disposition", {}).get("attached_pic")]


def time_span(path, selector):
    """(start, end) in seconds of a stream ("v:0"): first presentation time, end of the last sample shown."""
    done = subprocess.run(["ffprobe", "-v", "error", "-select_streams", selector, "-show_entries", "packet=pts_time,duration_time,flags",
                           "-of", "json", str(path)], capture_output=True, text=True, check=True)
    packets = sorted((float(p["pts_time"]), float(p.get("duration_time", 0))) for p in json.loads(done.stdout)["packets"]
                     if "pts_time" in p and "D" not in p.get("flags", ""))
    last, duration = packets[-1]
    if duration == 0 and len(packets) > 1:   # not told: as long as the one before
        duration = last - packets[-2][0]
    return packets[0][0], last + duration


def first_sound(path, index):
    """Seconds of silence before the first sound of a track, counted from the first picture."""
    picture = time_span(path, "v:0")[0]
    done = subprocess.run(["ffmpeg", "-nostdin", "-v", "info", "-i", str(path), "-map", f"0:a:{index}", "-af", "silencedetect=n=-50dB:d=0.05", "-f", "null", "-"],
                          capture_output=True, text=True, check=True)
    start = re.search(r"silence_start: (-?[0-9.]+)", done.stderr)
    end = re.search(r"silence_end: ([0-9.]+)", done.stderr)
    began = time_span(path, f"a:{index}")[0]
    return (float(end[1]) if start and end and float(start[1]) <= began + 0.1 else began) - picture


def packet_hashes(path, selector):
    """SHA-256 of every packet of a stream in order of decoding, all of them (edit lists ignored)."""
    ignore = ["-ignore_editlist", "1"] if Path(path).suffix in (".mp4", ".mov", ".m4v") else []
    done = subprocess.run(["ffmpeg", "-nostdin", "-v", "error", *ignore, "-i", str(path), "-map", f"0:{selector}", "-c", "copy", "-f", "framehash", "-"],
                          capture_output=True, text=True, check=True)
    return [line.split(",")[-1].strip() for line in done.stdout.splitlines() if line and not line.startswith("#")]


def decodes_cleanly(path):
    """The words of ffmpeg while decoding all of it: empty when nothing is wrong."""
    done = subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-i", str(path), "-map", "0:v", "-map", "0:a?", "-fps_mode", "passthrough",
                           "-enc_time_base", "-1", "-f", "null", "-"], capture_output=True, text=True)
    return done.stderr.strip()
