"""Holds the running server to the OpenAPI document with schemathesis: every check, at least 5,000 cases."""

import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from server import UNLIMITED, Server

HERE = Path(__file__).resolve().parent
CASES = int(os.environ.get("FREEHOLD_CONTRACT_CASES", "5000"))


def main() -> int:
    binary = sys.argv[1]
    with tempfile.TemporaryDirectory(prefix="freehold-contract-") as folder:
        with Server(binary, Path(folder) / "data", **UNLIMITED) as server:
            token = server.sign_in_admin()
            onboard(server, token)
            document = server.get("/api/openapi.json")
            operations = sum(len(path) for path in document["paths"].values())
            # Coverage makes some fifty cases for each operation by itself; fuzzing draws this many more.
            each = max(10, (CASES - 50 * operations) // operations)
            command = [
                str(Path(sys.executable).parent / "schemathesis"), "--config-file", str(HERE / "schemathesis.toml"),
                "run", f"{server.url}/api/openapi.json",
                "--max-examples", str(each), "--workers", "1", "--seed", "1", "--no-color",
            ]
            environment = {**os.environ, "SCHEMATHESIS_HOOKS": "contract_hooks", "PYTHONPATH": str(HERE), "FREEHOLD_CONTRACT_URL": server.url}
            with subprocess.Popen(command, cwd=HERE, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as done:
                output = []
                for line in done.stdout:
                    output.append(line)
                    print(line, end="", flush=True)
            output = "".join(output)
            cases = re.search(r"([\d,]+) generated", output)
            generated = int(cases.group(1).replace(",", "")) if cases else 0
            print(f"contract: {generated} cases over {operations} operations")
            if done.returncode == 0 and generated < CASES:
                print(f"contract: fewer than {CASES} cases", file=sys.stderr)
                return 1
            return done.returncode


def onboard(server, token):
    """Lists that are empty conform to anything: an account is onboarded first, so that there is something to answer."""
    service = server.post("/api/services", {"name": "Deployments"}, token)["id"]
    product = server.post("/api/products", {"name": "Delivery", "serviceIds": [service]}, token)["id"]
    enterprise = server.post("/api/enterprises", {"name": "Northwind", "productIds": [product]}, token)["id"]
    request = (HERE.parent / "examples" / "public-account.json").read_text()
    for name, value in (("enterprise", enterprise), ("product", product), ("service", service)):
        request = request.replace("{{" + name + "}}", value)
    account = server.post("/api/accounts", json.loads(request), token)["id"]
    server.run_ended(account, token)


if __name__ == "__main__":
    sys.exit(main())
