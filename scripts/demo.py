"""The main job from a fresh data folder, as an operator and a tenant live it. Ends non-zero if any of it isn't so.

It drives the command line where an operator would, and the API where a tenant's program would.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from server import ADMIN, INITIAL, PASSWORD, Server

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"


def say(text):
    print(f"\n▸ {text}", flush=True)


def require(holds, what):
    print(f"  {'✓' if holds else '✗'} {what}", flush=True)
    if not holds:
        raise SystemExit(f"the demo found this not to be so: {what}")


class Cli:
    """The command line, signed in to one server."""

    def __init__(self, binary, server, home):
        self.binary, self.server = str(binary), server
        self.environment = {**os.environ, "XDG_CONFIG_HOME": str(home), "FREEHOLD_SERVER": server.url}

    def run(self, *arguments, stdin=None, shown=False):
        command = [self.binary, *arguments]
        if shown:
            print(f"  $ freehold {' '.join(arguments)}", flush=True)
        output = None if shown else subprocess.PIPE
        done = subprocess.run(command, env=self.environment, input=stdin, text=True, stdout=output, check=False)
        if done.returncode != 0:
            raise SystemExit(f"freehold {' '.join(arguments)} ended with {done.returncode}")
        return done.stdout

    def json(self, *arguments):
        return json.loads(self.run(*arguments, "--json"))


def main():
    binary = Path(sys.argv[1]).resolve()
    with tempfile.TemporaryDirectory(prefix="freehold-demo-") as folder:
        folder = Path(folder)
        with Server(binary, folder / "data") as server:
            play(binary, server, folder)
    print("\nThe demo is through: all of it was so.")


def play(binary, server, folder):
    say("Day-0 is done by the first start; the administrator's first sign-in asks for a new password")
    answer = server.post("/api/auth/login", {"email": ADMIN, "password": INITIAL}, expected=200)
    require(answer.get("challenge") == "NEW_PASSWORD_REQUIRED", "the initial password opens the challenge alone")
    operator = server.sign_in_admin()
    require(server.get("/api/users/me/access", operator)["operator"], "the administrator is an operator")

    cli = Cli(binary, server, folder / "config")
    cli.run("login", "--email", ADMIN, "--password-stdin", stdin=PASSWORD + "\n")

    say("Something to license: a service, a product with it, an enterprise with that")
    service = server.post("/api/services", {"name": "Deployments"}, operator)["id"]
    product = server.post("/api/products", {"name": "Delivery", "serviceIds": [service]}, operator)["id"]
    enterprise = server.post("/api/enterprises", {"name": "Northwind", "productIds": [product]}, operator)["id"]

    accounts = {}
    for kind in ("public", "private"):
        say(f"A {kind} account, from examples/{kind}-account.json, step by step")
        request = (EXAMPLES / f"{kind}-account.json").read_text()
        for name, value in (("enterprise", enterprise), ("product", product), ("service", service)):
            request = request.replace("{{" + name + "}}", value)
        file = folder / f"{kind}.json"
        file.write_text(request)
        cli.run("accounts", "create", "-f", str(file), "--watch", shown=True)
        name = json.loads(request)["name"]
        account = next(one for one in cli.json("accounts", "list")["items"] if one["name"] == name)
        require(account["status"] == "active" and not account["degraded"], f"{name} is active")
        accounts[kind] = account
    tables = sorted(file.name for file in (folder / "data" / "tables").iterdir() if file.suffix == ".redb")
    require(any(accounts["private"]["id"] in table for table in tables), "the private account has a table file of its own")
    require(not any(accounts["public"]["id"] in table for table in tables), "the public account has none")

    say("The technical user follows the link in the mail, chooses a password and signs in")
    mail = server.get("/api/outbox?to=ada@acme.example", operator)["items"][0]
    token = mail["text"].split("#token=")[1].split()[0]
    acceptance = {"token": token, "newPassword": PASSWORD}
    server.post("/api/auth/accept-invitation", acceptance, expected=204)
    require(server.send("POST", "/api/auth/accept-invitation", acceptance)[0] == 400, "the link works once")
    ada = server.sign_in("ada@acme.example")

    acme, globex = accounts["public"]["id"], accounts["private"]["id"]
    access = server.get("/api/users/me/access", ada)
    require([one["id"] for one in access["accounts"]] == [acme], "Ada reaches her own account and no other")
    menus = server.get("/api/users/me/permissions", ada)["menus"]
    viewing = all(menu["canView"] and not menu["canCreate"] and not menu["canDelete"] for menu in menus)
    require(len(menus) == 7 and viewing, "Ada sees all seven menus, and may view alone")
    require(len(server.get("/api/users", ada)["items"]) == 1, "Ada sees the people of her account")
    for path in (f"/api/accounts/{globex}", f"/api/users?accountId={globex}", f"/api/licenses?accountId={globex}", "/api/accounts"):
        require(server.send("GET", path, token=ada)[0] == 403, f"403 for Ada: GET {path}")
    other = accounts["private"]["technicalUserId"]
    require(server.send("GET", f"/api/users/{other}", token=ada)[0] == 404, "404 for Ada: somebody else's user, as if there were none")
    group = {"enterpriseId": enterprise, "name": "Mine"}
    require(server.send("POST", "/api/groups", group, ada)[0] == 403, "403 for Ada: making a group, for she may view alone")

    say("The private account is taken down, and leaves a receipt")
    cli.run("accounts", "delete", globex, "--confirm", "Globex", "--watch", shown=True)
    require(server.get(f"/api/accounts/{globex}", operator)["status"] == "deleted", "Globex is deleted")
    receipt = server.get(f"/api/accounts/{globex}/receipt", operator)
    print(json.dumps(receipt, indent=2))
    require(receipt["removed"].get("user") == 1 and bool(receipt["table"]), "the receipt names what was removed")
    tables = [file.name for file in (folder / "data" / "tables").iterdir()]
    require(not any(globex in table for table in tables), "its table file is gone")
    require(server.get("/api/users", ada)["items"][0]["email"] == "ada@acme.example", "Acme works on as before")

    say("The audit log says who did what, in a chain that can be checked")
    report = server.get(f"/api/audit/verify?accountId={acme}", operator)
    require(report["valid"] and report["entries"] > 0, f"the chain of {report['entries']} entries is whole")


if __name__ == "__main__":
    main()
