"""Makes what a version stores, for the tests of upgrades, which open it with every later version: a data folder, or the tables of
the aws profile over emulators with what is kept beside them.

python3 scripts/golden.py BINARY crates/cli/tests/golden/VERSION.tar.gz
python3 scripts/golden.py --aws BINARY crates/cli/tests/golden/VERSION.json.gz
"""

import gzip
import http.client
import json
import os
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

from emulated import Emulated
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


def fill(server):
    """Accounts of both kinds, with all that belongs to one. Answers what a later version must answer."""
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
    return {
        "password": PASSWORD,
        "people": people,
        "accounts": [path.split("accountId=")[1] for path in paths if path.startswith("/api/users?")],
        "answers": {path: server.get(path, operator) for path in paths},
    }


def folder(binary, target):
    with tempfile.TemporaryDirectory() as home:
        data = Path(home) / "data"
        with Server(binary, data) as server:
            expected = fill(server)
        (data / "expected.json").write_text(json.dumps(expected, indent=1, sort_keys=True) + "\n")
        with tarfile.open(target, "w:gz") as archive:
            archive.add(data, arcname="data")


def tables(binary, target):
    with tempfile.TemporaryDirectory() as home, Emulated() as emulated:
        environment = {**os.environ, **emulated.environment}
        subprocess.run([binary, "preflight", "--fix"], env=environment, check=True, stdout=subprocess.DEVNULL)
        with Server(binary, Path(home) / "data", **emulated.environment) as server:
            expected = fill(server)
        stored = {
            "expected": expected,
            "tables": [table(emulated.dynoxide.url, name) for name in ask(emulated.dynoxide.url, "dynamodb", "ListTables", {})["TableNames"]],
            "secrets": secrets(emulated.moto.url),
            "parameters": parameters(emulated.moto.url),
        }
    Path(target).write_bytes(gzip.compress(json.dumps(stored, sort_keys=True).encode(), mtime=0))


TARGETS = {"dynamodb": "DynamoDB_20120810", "secretsmanager": "secretsmanager", "ssm": "AmazonSSM"}


def ask(url, service, operation, body):
    """Asks an emulator, as the owner of the account would ask AWS."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
    credential = f"AKIAEMULATOR/20260101/eu-central-1/{service}/aws4_request"
    headers = {
        "x-amz-target": f"{TARGETS[service]}.{operation}",
        "x-amz-date": "20260101T000000Z",
        "content-type": "application/x-amz-json-1.0" if service == "dynamodb" else "application/x-amz-json-1.1",
        "authorization": f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host;x-amz-date, Signature=0",
    }
    connection.request("POST", "/", body=json.dumps(body), headers=headers)
    response = connection.getresponse()
    answer = json.loads(response.read())
    if response.status != 200:
        raise SystemExit(f"{operation}: {answer}")
    return answer


def table(url, name):
    described = ask(url, "dynamodb", "DescribeTable", {"TableName": name})["Table"]
    indexes = [
        {of: index[of] for of in ("IndexName", "KeySchema", "Projection")} for index in described["GlobalSecondaryIndexes"]
    ]
    create = {of: described[of] for of in ("TableName", "AttributeDefinitions", "KeySchema")}
    items, request = [], {"TableName": name}
    while True:
        page = ask(url, "dynamodb", "Scan", request)
        items += page["Items"]
        if "LastEvaluatedKey" not in page:
            break
        request["ExclusiveStartKey"] = page["LastEvaluatedKey"]
    return {"create": {**create, "GlobalSecondaryIndexes": indexes, "BillingMode": "PAY_PER_REQUEST"}, "items": items}


def secrets(url):
    names = [secret["Name"] for secret in ask(url, "secretsmanager", "ListSecrets", {})["SecretList"]]
    values = {name: ask(url, "secretsmanager", "GetSecretValue", {"SecretId": name}) for name in names}
    return {name: {of: value[of] for of in ("SecretString", "SecretBinary") if of in value} for name, value in values.items()}


def parameters(url):
    found, request = {}, {"Path": "/", "Recursive": True}
    while True:
        page = ask(url, "ssm", "GetParametersByPath", request)
        found.update({parameter["Name"]: parameter["Value"] for parameter in page["Parameters"]})
        if not page.get("NextToken"):
            return found
        request["NextToken"] = page["NextToken"]


def main(arguments):
    in_aws = arguments[0] == "--aws"
    binary, target = arguments[1:] if in_aws else arguments
    Path(target).parent.mkdir(parents=True, exist_ok=True)
    (tables if in_aws else folder)(binary, target)
    print(f"{target}: {Path(target).stat().st_size / 1024:.0f} KiB")


if __name__ == "__main__":
    main(sys.argv[1:])
