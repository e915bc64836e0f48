"""Pastes the walk-throughs of README.md and docs/walk-through.md into a shell, each against a server of its own, and compares what they print.

With `--aws` behind the binary, the server has the aws profile, over emulators.
"""

import contextlib
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from emulated import Emulated
from server import Server

ROOT = Path(__file__).resolve().parent.parent
# What each prints, line by line; None is a number of steps.
EXPECTED = {
    "README.md": [None, "active"],
    "docs/walk-through.md": [
        None, "active", "Acme", "forbidden", "ada@acme.example", None, "1", "grace@acme.example", "True", "deprovisioning", None
    ],
}


def main():
    for document, expected in EXPECTED.items():
        paste(document, expected)


def paste(document, expected):
    text = (ROOT / document).read_text()
    script = "set -euo pipefail\n" + "\n".join(re.findall(r"^```sh\n(.*?)^```", text, re.S | re.M))
    binary = Path(sys.argv[1]).resolve()
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="freehold-readme-"))
        profile = {}
        if "--aws" in sys.argv[2:]:
            emulated = stack.enter_context(Emulated())
            emulated.prepare(binary)
            profile = emulated.environment
        with Server(binary, Path(folder) / "data", **profile) as server:
            environment = {**os.environ, "FREEHOLD": server.url}
            done = subprocess.run(["bash", "-c", script], env=environment, cwd=ROOT, text=True, stdout=subprocess.PIPE, check=False)
    lines = done.stdout.strip().splitlines()
    print("\n".join(lines))
    if done.returncode != 0:
        raise SystemExit(f"the walk-through of {document} ended with {done.returncode}")
    if len(lines) != len(expected) or any(want not in (None, line) for want, line in zip(expected, lines)):
        raise SystemExit(f"the walk-through of {document} printed something else than {expected}")


if __name__ == "__main__":
    main()
