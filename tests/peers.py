"""Programs of others from PyPI, for the tests: each in a virtual environment of its own under build/tools."""
import shutil
import subprocess
import sys


def why_not_installed(tools, requirements):
    """Installs what `requirements` says into the folder `tools`, once. Empty, or why it cannot be had."""
    stamp, wanted = tools / "installed.txt", requirements.read_text()
    if stamp.exists() and stamp.read_text() == wanted:
        return ""
    shutil.rmtree(tools, ignore_errors=True)
    made = subprocess.run([sys.executable, "-m", "venv", tools], capture_output=True, text=True)
    if made.returncode != 0:
        raise RuntimeError(f"no virtual environment (is python3-venv installed?): {made.stdout}{made.stderr}")
    done = subprocess.run([tools / "bin/pip", "install", "--quiet", "--disable-pip-version-check", "-r", requirements],
                          capture_output=True, text=True, timeout=300)
    if done.returncode != 0:
        return "cannot be installed from PyPI: " + done.stderr.strip()[-300:]
    stamp.write_text(wanted)
    return ""
