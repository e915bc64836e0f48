"""Makes the golden data folder of a version: what the tests of upgrades open with every later version.

python3 scripts/golden.py BINARY crates/cli/tests/golden/VERSION.tar.gz
"""

import json
import sys
import tarfile
import tempfile
from pathlib import Path

from server import PASSWORD, Server

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"
LAST_DAY = "2099-12-31"


def onboard(server, operator, kind, ids):
    text = (EXAMPLES / f"{kind}-account.json").read_text()
    for name, value in ids.items():
        text = text.replace("{{" + name + "}}", value)
    request = json.loads(text)
    for license in request["licenses"]:
        license["endDate"] = LAST_DAY
    account = server.post("/api/accounts", request, operator)["id"]
    server.run_ended(account, operator)
    return account, request["technicalUser"]["email"]


def accept_invitation(server, operator, email):
    mails = server.get(f"/api/outbox?to={email}", operator)["items"]
    token = mails[0]["text"].split("#token=")[1].split()[0] if "#token=" in mails[0]["text"] else None
    if token is None:
        raise SystemExit(f"no link in the mail to {email}: {mails[0]['text']}")
    server.post("/api/auth/accept-invitation", {"token": token, "newPassword": PASSWORD}, None, expected=204)


def main(binary, target):
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        with Server(binary, data) as server:
            operator = server.sign_in_admin()
            ids = {}
            ids["service"] = server.post("/api/services", {"name": "Deployments"}, operator)["id"]
            ids["product"] = server.post("/api/products", {"name": "Delivery", "serviceIds": [ids["service"]]}, operator)["id"]
            ids["enterprise"] = server.post("/api/enterprises", {"name": "Northwind", "productIds": [ids["product"]]}, operator)["id"]
            paths, people = ["/api/enterprises", "/api/products", "/api/services", "/api/accounts"], []
            for kind in ("public", "private"):
                account, email = onboard(server, operator, kind, ids)
                accept_invitation(server, operator, email)
                people.append(email)
                of = f"accountId={account}"
                server.post("/api/workstreams", {"accountId": account, "enterpriseId": ids["enterprise"], "name": "Späti 1"}, operator)
                role = server.post("/api/roles", {"accountId": account, "enterpriseId": ids["enterprise"], "name": "Readers"}, operator)["id"]
                group = {"accountId": account, "enterpriseId": ids["enterprise"], "name": "Crew", "roleIds": [role]}
                server.post("/api/groups", group, operator)
                paths += [f"/api/{kind}?{of}" for kind in ("users", "groups", "roles", "workstreams", "licenses")]
                paths += [f"/api/accounts/{account}", f"/api/provisioning/{account}", f"/api/audit/account?{of}&order=ascending&limit=5"]
            audits = [path.split("accountId=")[1] for path in paths if path.startswith("/api/users?")]
            expected = {
                "password": PASSWORD,
                "people": people,
                "accounts": audits,
                "answers": {path: server.get(path, operator) for path in paths},
            }
        (data / "expected.json").write_text(json.dumps(expected, indent=1, sort_keys=True) + "\n")
        Path(target).parent.mkdir(parents=True, exist_ok=True)
        with tarfile.open(target, "w:gz") as archive:
            archive.add(data, arcname="data")
    print(f"{target}: {Path(target).stat().st_size / 1024:.0f} KiB, {len(paths)} answers")


if __name__ == "__main__":
    main(*sys.argv[1:])
