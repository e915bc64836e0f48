"""Holds the running server to its OpenAPI document with schemathesis: every check, at least 5,000 cases."""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from server import Server

CASES = int(os.environ.get("FREEHOLD_CONTRACT_CASES", "5000"))


def main() -> int:
    binary = sys.argv[1]
    with tempfile.TemporaryDirectory(prefix="freehold-contract-") as folder:
        with Server(binary, Path(folder) / "data", FREEHOLD_AUTH_REQUESTS_PER_FIVE_MINUTES="0") as server:
            token = server.sign_in_admin()
            document = server.get("/api/openapi.json")
            operations = sum(len(path) for path in document["paths"].values())
            # Fuzzing draws this many cases for each operation; examples and coverage add to them.
            each = max(10, -(-CASES // operations))
            command = [
                str(Path(sys.executable).parent / "schemathesis"), "run", f"{server.url}/api/openapi.json",
                "--header", f"Authorization: Bearer {token}",
                "--checks", "all", "--max-examples", str(each), "--workers", "2", "--seed", "1", "--suppress-health-check", "all",
                "--no-color", "--exclude-path-regex", "/events$", "--exclude-path", "/api/auth/logout",
            ]
            done = subprocess.run(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
            print(done.stdout[-20_000:])
            cases = re.search(r"([\d,]+) generated", done.stdout)
            generated = int(cases.group(1).replace(",", "")) if cases else 0
            print(f"contract: {generated} cases over {operations} operations")
            if done.returncode == 0 and generated < CASES:
                print(f"contract: fewer than {CASES} cases", file=sys.stderr)
                return 1
            return done.returncode


if __name__ == "__main__":
    sys.exit(main())
