"""Finds out in a real account of AWS what no emulator can show. It spends a few cents, so it asks first: YES=1.

`acceptance.py target/debug/freehold`, with credentials and region where AWS's own tools look for them. Everything it makes
has a name of this run's own, is written down, and is removed at the end, also when something was found not to be so.
"""

import json
import os
import secrets
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from server import Server

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 15 * 60

NOTICE = """This makes in account {account}, region {region}, and removes again:
  tables of DynamoDB named {prefix}… (on demand; three of them for some minutes), two stacks of CloudFormation,
  parameters below {parameters}, two secrets named {prefix}…, one role named {role}.
Tables are protected and backed up, as where data is kept. It asks STS for that role, rightly and wrongly, and sends no mail.

Cost: some thousand requests and two secrets for part of an hour: below 0.10 US dollars. Nothing is left that costs.

Permissions, on those names:
  dynamodb  CreateTable DeleteTable DescribeTable UpdateTable ListTables DescribeTimeToLive UpdateTimeToLive
            DescribeContinuousBackups UpdateContinuousBackups GetItem BatchGetItem PutItem UpdateItem DeleteItem Query
            ConditionCheckItem TagResource
  cloudformation  CreateStack DeleteStack DescribeStacks DescribeStackEvents DetectStackDrift
            DescribeStackDriftDetectionStatus
  ssm       PutParameter GetParameter GetParametersByPath DeleteParameter AddTagsToResource
  secretsmanager  CreateSecret GetSecretValue PutSecretValue DescribeSecret DeleteSecret
  events    DescribeEventBus PutEvents (the bus "default")
  iam       CreateRole PutRolePolicy DeleteRolePolicy DeleteRole (the role {role} alone)
  sts       GetCallerIdentity AssumeRole
"""


class Acceptance:
    """One run in one account; `endpoint` and `settings` are for the rehearsal of this script over emulators."""

    def __init__(self, binary, region=None, endpoint=None, settings=None):
        import boto3

        self.binary, self.endpoint = Path(binary).resolve(), endpoint or (lambda service: None)
        self.settings = settings or {}
        self.session = boto3.session.Session(region_name=region)
        self.region = self.session.region_name
        if not self.region:
            sys.exit("no region of AWS is named: set AWS_REGION")
        run = secrets.token_hex(3)
        self.prefix, self.parameters = f"fhacc-{run}-", f"/fhacc-{run}"
        self.role = f"fhacc-{run}-table"
        self.accounts, self.found = [], []
        self.caller = self.client("sts").get_caller_identity()

    def client(self, service, credentials=None):
        keys = {}
        if credentials:
            keys = {
                "aws_access_key_id": credentials["AccessKeyId"], "aws_secret_access_key": credentials["SecretAccessKey"],
                "aws_session_token": credentials["SessionToken"],
            }
        return self.session.client(service, endpoint_url=self.endpoint(service), **keys)

    def notice(self):
        return NOTICE.format(
            account=self.caller["Account"], region=self.region, prefix=self.prefix, parameters=self.parameters, role=self.role
        )

    def environment(self):
        return {
            "FREEHOLD_PROFILE": "aws", "FREEHOLD_AWS_REGION": self.region, "FREEHOLD_AWS_TABLE_PREFIX": self.prefix,
            "FREEHOLD_AWS_PARAMETER_PREFIX": self.parameters, "FREEHOLD_AWS_SECRET_PREFIX": self.prefix,
            "FREEHOLD_PUBLIC_URL": "http://127.0.0.1", "FREEHOLD_ADMIN_EMAIL": "root@platform.example", **self.settings,
        }

    def holds(self, what, so, detail=""):
        print(f"  {'✓' if so else '✗'} {what}{f': {detail}' if detail else ''}", flush=True)
        self.found.append((what, bool(so)))

    def run(self):
        try:
            self.preflight()
            with tempfile.TemporaryDirectory(prefix="freehold-acceptance-") as folder:
                with Server(self.binary, Path(folder) / "data", **self.environment()) as server:
                    self.plays(Play(self, server))
                # A step that fails on purpose: so the account's id is known before its stack is made.
                faults = {"FREEHOLD_FAULTS": "CreateStack:permanent"}
                with Server(self.binary, Path(folder) / "other" / "data", **self.environment(), **faults) as server:
                    Play(self, server).rolls_back()
            self.roles()
        finally:
            self.clear()
        missed = [what for what, so in self.found if not so]
        print(f"\n{len(self.found) - len(missed)} of {len(self.found)} were so.", flush=True)
        return 1 if missed else 0

    def plays(self, play):
        for cloud in ("public", "private", "hybrid"):
            play.onboards(cloud)
        play.races_for_seats()
        play.races_in_one_account()
        play.lists_soon()
        self.preflight(drift=True)
        play.removes_all()

    def preflight(self, drift=False):
        print("\n▸ preflight" + (", with stacks to look at" if drift else ""), flush=True)
        command = [str(self.binary), "preflight", "--json"] + ([] if drift else ["--fix"])
        done = subprocess.run(command, env={**os.environ, **self.environment()}, text=True, capture_output=True, check=False)
        checks = json.loads(done.stdout) if done.stdout.startswith("[") else []
        for check in checks:
            if check["state"] == "bad":
                print(f"    {check['name']}: {check['finding']}; {check['fix']}")
        self.holds("nothing that it looks at is bad", done.returncode == 0 and checks, done.stderr.strip())

    def roles(self):
        """That AWS keeps to external ids, to trust and to session policies."""
        print("\n▸ a role with an external id", flush=True)
        from botocore.exceptions import ClientError

        iam, sts = self.client("iam"), self.client("sts")
        account, external = self.caller["Account"], secrets.token_hex(16)
        partition = self.caller["Arn"].split(":")[1]
        table = f"arn:{partition}:dynamodb:{self.region}:{account}:table/{self.prefix}app_data"
        trust = {
            "Version": "2012-10-17",
            "Statement": [{
                "Effect": "Allow", "Principal": {"AWS": f"arn:{partition}:iam::{account}:root"}, "Action": "sts:AssumeRole",
                "Condition": {"StringEquals": {"sts:ExternalId": external}},
            }],
        }
        allow = lambda *resources: json.dumps({
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": ["dynamodb:GetItem", "dynamodb:Query"], "Resource": list(resources)}],
        })
        arn = iam.create_role(RoleName=self.role, AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
        iam.put_role_policy(RoleName=self.role, PolicyName="table", PolicyDocument=allow(f"{table}*"))

        def assume(**more):
            return sts.assume_role(RoleArn=arn, RoleSessionName="acceptance", **more)["Credentials"]

        def refused(what):
            try:
                what()
            except ClientError as error:
                return error.response["Error"]["Code"] in ("AccessDenied", "AccessDeniedException")
            return False

        def get(credentials):
            key = {"PK": {"S": "x"}, "SK": {"S": "x"}}
            return self.client("dynamodb", credentials).get_item(TableName=f"{self.prefix}app_data", Key=key)

        # A role that was just made is not known everywhere at once.
        credentials = eventually(lambda: assume(ExternalId=external, Policy=allow(table)), ClientError)
        self.holds("with the external id the role opens", credentials)
        self.holds("without one it does not", refused(assume))
        self.holds("with another's it does not", refused(lambda: assume(ExternalId=secrets.token_hex(16))))
        if credentials:
            self.holds("it reads the table that it is for", eventually(lambda: get(credentials), ClientError))
            elsewhere = assume(ExternalId=external, Policy=allow(f"{table}-of-another"))
            self.holds("a session policy for another table shuts this one", refused(lambda: get(elsewhere)))
            write = lambda: self.client("dynamodb", credentials).put_item(
                TableName=f"{self.prefix}app_data", Item={"PK": {"S": "x"}, "SK": {"S": "x"}})
            self.holds("what no policy permits is denied", refused(write))

    def clear(self):
        """Removes what was made, by what was written down; then looks whether anything of this run's name is left."""
        print("\n▸ clearing up", flush=True)
        from botocore.exceptions import ClientError

        def quietly(act, **arguments):
            try:
                return act(**arguments)
            except ClientError:
                return None

        stacks, tables = self.client("cloudformation"), self.client("dynamodb")
        for account in self.accounts:
            name = f"freehold-account-{account}"
            if quietly(stacks.describe_stacks, StackName=name):
                quietly(stacks.delete_stack, StackName=name)
                waited(lambda name=name: gone(quietly(stacks.describe_stacks, StackName=name)))
        mine = [table for page in tables.get_paginator("list_tables").paginate() for table in page["TableNames"]]
        mine = [table for table in mine if table.startswith(self.prefix)]
        for table in mine:
            # While its protection is taken away a table can't be deleted.
            quietly(tables.update_table, TableName=table, DeletionProtectionEnabled=False)
            waited(lambda table=table: is_active(quietly(tables.describe_table, TableName=table)))
            quietly(tables.delete_table, TableName=table)
        for table in mine:
            waited(lambda table=table: quietly(tables.describe_table, TableName=table) is None)
        parameters = self.client("ssm")
        for name in below(parameters, self.parameters):
            quietly(parameters.delete_parameter, Name=name)
        for secret in ("signing-keys", "platform-key"):
            # A secret that is forgotten at once costs nothing while it waits.
            quietly(self.client("secretsmanager").delete_secret, SecretId=f"{self.prefix}{secret}", ForceDeleteWithoutRecovery=True)
        iam = self.client("iam")
        quietly(iam.delete_role_policy, RoleName=self.role, PolicyName="table")
        quietly(iam.delete_role, RoleName=self.role)
        left = [table for page in tables.get_paginator("list_tables").paginate() for table in page["TableNames"]]
        left = [table for table in left if table.startswith(self.prefix)] + below(parameters, self.parameters)
        left += [self.role] if quietly(iam.get_role, RoleName=self.role) else []
        left += [a for a in self.accounts if not gone(quietly(stacks.describe_stacks, StackName=f"freehold-account-{a}"))]
        self.holds("nothing is left", not left, ", ".join(left))


class Play:
    """What is tried through the product."""

    def __init__(self, run, server):
        self.run, self.server = run, server
        self.token = server.sign_in_admin()
        made = lambda path, **body: server.post(path, body, self.token)["id"]
        word = secrets.token_hex(2)
        self.service = made("/api/services", name=f"Ledger {word}")
        self.product = made("/api/products", name=f"Payments {word}", serviceIds=[self.service])
        self.enterprise = made("/api/enterprises", name=f"Retail {word}", productIds=[self.product])
        self.names = {}

    def begin(self, cloud, seats=10):
        name = f"Acme {cloud} {secrets.token_hex(3)}"
        text = (ROOT / "examples" / "public-account.json").read_text()
        for word in ("enterprise", "product", "service"):
            text = text.replace(f"{{{{{word}}}}}", getattr(self, word))
        body = {**json.loads(text), "name": name, "cloudType": cloud}
        body["technicalUser"]["email"] = f"ada-{secrets.token_hex(4)}@acme.example"
        body["licenses"][0]["numberOfUsers"] = seats
        account = self.server.post("/api/accounts", body, self.token)["id"]
        # Written down before anything of it is made.
        self.run.accounts.append(account)
        self.names[account] = name
        return account

    def onboards(self, cloud):
        print(f"\n▸ onboarding: {cloud}", flush=True)
        begun = time.monotonic()
        account = self.begin(cloud)
        ended = self.ended(account)
        told = (ended.get("failure") or {}).get("message") or f"{time.monotonic() - begun:.1f} s"
        self.run.holds("the account is active", ended["status"] == "succeeded", told)

    def ended(self, account):
        found = {}

        def over():
            found.update(self.server.get(f"/api/provisioning/{account}", self.token))
            return found["status"] not in ("running", "undoing")

        waited(over)
        return found

    def races_for_seats(self):
        print("\n▸ 40 creations race for 4 seats, by transactions", flush=True)
        account = self.begin("public", seats=5)
        self.ended(account)

        def create(number):
            body = {
                "accountId": account, "enterpriseId": self.enterprise, "productId": self.product, "serviceId": self.service,
                "firstName": "Grace", "lastName": "Hopper", "email": f"g{number}-{secrets.token_hex(4)}@acme.example",
                "startDate": "2026-01-01",
            }
            return self.server.send("POST", "/api/users", body, self.token)[0]

        with ThreadPoolExecutor(40) as pool:
            answers = list(pool.map(create, range(40)))
        made = answers.count(201)
        self.run.holds("exactly four are made, with the technical user's five", made == 4, f"{made} made, {sorted(set(answers))}")

    def races_in_one_account(self):
        """What transactions that meet on an item cost an account that writes much at once."""
        print("\n▸ 40 workstreams of one account at once", flush=True)
        account = self.begin("public")
        self.ended(account)

        def create(number):
            begun = time.monotonic()
            body = {"accountId": account, "enterpriseId": self.enterprise, "name": f"Stream {number}"}
            status = self.server.send("POST", "/api/workstreams", body, self.token)[0]
            return status, time.monotonic() - begun

        with ThreadPoolExecutor(40) as pool:
            answers = list(pool.map(create, range(40)))
        statuses, times = sorted({status for status, _ in answers}), sorted(took for _, took in answers)
        told = f"{statuses}, half within {times[20]:.2f} s, all within {times[-1]:.2f} s"
        self.run.holds("all are made, within five seconds", statuses == [201] and times[-1] < 5, told)

    def lists_soon(self):
        print("\n▸ lag of indexes", flush=True)
        account = self.begin("public")
        begun = time.monotonic()

        def listed():
            items = self.server.get("/api/accounts?limit=100", self.token)["items"]
            return any(item["id"] == account for item in items)

        waited(listed, pause=0.02)
        lag = time.monotonic() - begun
        self.run.holds("a new account is listed within five seconds", lag < 5, f"{lag:.2f} s")
        self.ended(account)

    def rolls_back(self):
        print("\n▸ a stack that can't be made", flush=True)
        account = self.begin("private")
        self.ended(account)
        # The stack makes a table of this name, and finds it there.
        name, tables = f"{self.run.prefix}app_acct_{account}", self.run.client("dynamodb")
        tables.create_table(
            TableName=name, BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "in-the-way", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "in-the-way", "KeyType": "HASH"}])
        waited(lambda: is_active(tables.describe_table(TableName=name)))
        self.redrive(account)
        ended = self.ended(account)
        failure = ended.get("failure") or {}
        told = f"{failure.get('code')}: {failure.get('message')}"
        self.run.holds("the run fails by the stack's reason", failure.get("code") == "stack_rolled_back", told)
        tables.delete_table(TableName=name)
        waited(lambda: name not in [table for page in tables.get_paginator("list_tables").paginate() for table in page["TableNames"]])
        deadline = time.monotonic() + PATIENCE
        while ended.get("status") != "succeeded" and time.monotonic() < deadline:
            self.redrive(account)
            ended = self.ended(account)
        self.run.holds("it goes on when the cause is gone", ended["status"] == "succeeded")
        self.removes_all()

    def redrive(self, account):
        self.server.post("/api/provisioning", {"accountId": account}, self.token, expected=202)

    def removes_all(self):
        print("\n▸ removal", flush=True)
        for account, name in self.names.items():
            confirm = name.replace(" ", "%20")
            # A time of grace is not configured: it begins at once.
            self.server.call("DELETE", f"/api/accounts/{account}?confirm={confirm}", 202, token=self.token)
        for account, name in self.names.items():
            ended = self.ended(account)
            self.run.holds(f"{name} is gone", ended["status"] == "succeeded", (ended.get("failure") or {}).get("message", ""))


def eventually(act, error):
    """What an act answers that fails for a while; `None` if it never goes through."""
    deadline = time.monotonic() + 60
    while True:
        try:
            return act() or True
        except error:
            if time.monotonic() > deadline:
                return None
            time.sleep(2)


def waited(condition, pause=2):
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            raise SystemExit("waited too long; what was made is cleared up")
        time.sleep(pause)


def is_active(described):
    return not described or described["Table"]["TableStatus"] in ("ACTIVE", "DELETING")


def gone(described):
    return not described or all(stack["StackStatus"] == "DELETE_COMPLETE" for stack in described["Stacks"])


def below(parameters, path):
    pages = parameters.get_paginator("get_parameters_by_path").paginate(Path=path, Recursive=True)
    return [parameter["Name"] for page in pages for parameter in page["Parameters"]]


def main():
    over = [name for name in os.environ if name.startswith(("AWS_ENDPOINT_URL", "FREEHOLD_AWS_ENDPOINT_"))]
    if over:
        sys.exit(f"{', '.join(sorted(over))}: endpoints are set, and this is for AWS itself; unset them")
    if os.environ.get("FREEHOLD_CONFIG"):
        sys.exit("FREEHOLD_CONFIG: this brings settings of its own; unset it")
    # The shared configuration may name endpoints too.
    os.environ["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"] = "true"
    acceptance = Acceptance(sys.argv[1])
    print(acceptance.notice())
    if os.environ.get("YES") != "1":
        sys.exit("Nothing was made. YES=1 make acceptance-aws begins.")
    sys.exit(acceptance.run())


if __name__ == "__main__":
    main()
