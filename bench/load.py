"""Loads that the benchmark puts on a server: seeding, racing, onboarding."""

import asyncio
import json
import statistics
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import urlsplit

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "scripts"))
from server import PASSWORD, UNLIMITED, Server  # noqa: E402

@dataclass
class Seeded:
    """What a seeded data folder holds: one tenant to ask for, and how many records there are."""

    account: str
    email: str
    records: int

    @staticmethod
    def read(data):
        return Seeded(**json.loads((Path(data).parent / "seeded.json").read_text()))

    def write(self, data):
        (Path(data).parent / "seeded.json").write_text(json.dumps(asdict(self)))


class Offer:
    """Something to license, and requests for accounts that are licensed for it."""

    def __init__(self, server, token, name="Bench"):
        self.service = server.post("/api/services", {"name": f"{name} service"}, token)["id"]
        self.product = server.post("/api/products", {"name": f"{name} product", "serviceIds": [self.service]}, token)["id"]
        self.enterprise = server.post("/api/enterprises", {"name": f"{name} enterprise", "productIds": [self.product]}, token)["id"]

    def account(self, name, seats=1000, cloud="public"):
        return {
            "name": name, "masterAccountName": f"{name} Holding", "cloudType": cloud,
            "address": {"line1": "1 Main St", "city": "Springfield", "postalCode": "62701", "country": "US"},
            "technicalUser": {"firstName": "Ada", "lastName": "Byron", "email": f"ada@{name.lower()}.example", "startDate": "2026-01-01"},
            "licenses": [{
                "enterpriseId": self.enterprise, "productId": self.product, "serviceId": self.service,
                "startDate": "2026-01-01", "endDate": "2036-12-31", "numberOfUsers": seats,
            }],
        }

    def user(self, email, account):
        return {
            "accountId": account, "enterpriseId": self.enterprise, "productId": self.product, "serviceId": self.service,
            "firstName": "Grace", "lastName": "Hopper", "email": email, "startDate": "2026-01-01",
        }


class Connection:
    """A keep-alive connection that sends prepared requests and reads whole answers."""

    def __init__(self, server):
        parts = urlsplit(server.url)
        self.host, self.port = parts.hostname, parts.port

    async def open(self):
        self.reader, self.writer = await asyncio.open_connection(self.host, self.port)
        return self

    def close(self):
        self.writer.close()

    async def send(self, method, path, token=None, body=None):
        text = json.dumps(body).encode() if body is not None else b""
        head = f"{method} {path} HTTP/1.1\r\nhost: {self.host}\r\n"
        if token:
            head += f"authorization: Bearer {token}\r\n"
        if body is not None:
            head += "content-type: application/json\r\n"
        head += f"content-length: {len(text)}\r\n\r\n"
        self.writer.write(head.encode() + text)
        status = int((await self.reader.readline()).split()[1])
        length, chunked = 0, False
        while (line := await self.reader.readline()) not in (b"\r\n", b""):
            name, _, value = line.decode().partition(":")
            if name.lower() == "content-length":
                length = int(value)
            chunked |= name.lower() == "transfer-encoding" and "chunked" in value
        if not chunked:
            return status, await self.reader.readexactly(length)
        parts = b""
        while size := int((await self.reader.readline()).strip(), 16):
            parts += await self.reader.readexactly(size)
            await self.reader.readline()
        await self.reader.readline()
        return status, parts


async def each(server, work, items, at_once):
    """Does `work(connection, item)` for every item, so many at once."""
    queue = list(reversed(items))
    results = []

    async def worker():
        connection = await Connection(server).open()
        while queue:
            results.append(await work(connection, queue.pop()))
        connection.close()

    await asyncio.gather(*(worker() for _ in range(at_once)))
    return results


def seed(binary, data, accounts, users):
    """Accounts with users each; the technical user of the first can sign in. Answers how many records there are."""
    data = Path(data)
    with Server(binary, data, **UNLIMITED) as server:
        token = server.sign_in_admin()
        offer = Offer(server, token)
        made = asyncio.run(each(server, lambda c, n: onboard(c, token, offer.account(f"Tenant{n}")), list(range(accounts)), 32))
        first = min(made, key=lambda one: int(one["name"].removeprefix("Tenant")))

        async def add(connection, item):
            account, number = item
            status, text = await connection.send("POST", "/api/users", token, offer.user(f"user{number}@{account}.example", account))
            if status != 201:
                raise RuntimeError(text)

        jobs = [(one["id"], number) for one in made for number in range(users - 1)]
        asyncio.run(each(server, add, jobs, 64))
        email = f"ada@{first['name'].lower()}.example"
        mail = server.get(f"/api/outbox?to={email}", token)["items"][0]["text"]
        link = mail.split("#token=")[1].split()[0]
        server.post("/api/auth/accept-invitation", {"token": link, "newPassword": PASSWORD}, expected=204)
        # An onboarding leaves some 70 records, a user four.
        records = accounts * 70 + accounts * (users - 1) * 4
    Seeded(first["id"], email, records).write(data)
    return records


async def onboard(connection, token, request):
    status, text = await connection.send("POST", "/api/accounts", token, request)
    if status != 201:
        raise RuntimeError(text)
    account = json.loads(text)
    while account["status"] == "provisioning":
        await asyncio.sleep(0.005)
        account = json.loads((await connection.send("GET", f"/api/accounts/{account['id']}", token))[1])
    if account["status"] != "active":
        raise RuntimeError(account)
    return account


def onboard_alone(server, count):
    token = server.sign_in_admin()
    offer = Offer(server, token, "Alone")

    async def all_of_them():
        connection = await Connection(server).open()
        times = []
        for number in range(count):
            begun = time.perf_counter()
            await onboard(connection, token, offer.account(f"Alone{number}"))
            times.append(time.perf_counter() - begun)
        return times

    return asyncio.run(all_of_them())


async def onboard_many(server, count, at_once):
    token = server.sign_in_admin()
    offer = Offer(server, token, "Many")
    begun = time.perf_counter()
    await each(server, lambda c, n: onboard(c, token, offer.account(f"Many{n}")), list(range(count)), at_once)
    return count / (time.perf_counter() - begun)


def fresh_tokens(server, email, count):
    """Access tokens that the server has not seen yet, by refreshing one session."""
    answer = server.post("/api/auth/login", {"email": email, "password": PASSWORD, "grant": "token"}, expected=200)
    tokens = []
    for _ in range(count):
        answer = server.post("/api/auth/refresh", {"refreshToken": answer["refreshToken"]}, expected=200)
        tokens.append(answer["accessToken"])
    return tokens


def cpu_of(server, cpu_seconds, path, tokens):
    """The server's CPU per request, in µs, when each request carries its own token."""

    async def ask(connection, token):
        status, text = await connection.send("GET", path, token)
        if status != 200:
            raise RuntimeError(text)

    before = cpu_seconds(server.process.pid)
    asyncio.run(each(server, ask, tokens, 16))
    return (cpu_seconds(server.process.pid) - before) / len(tokens) * 1e6


async def race_for_seats(server, racers, seats):
    """All racers at once, each on a connection of its own that is open before: the time from the first byte out to the last in."""
    token = server.sign_in_admin()
    offer = Offer(server, token, "Race")
    connection = await Connection(server).open()
    # The technical user takes one of the seats.
    account = (await onboard(connection, token, offer.account("Race", seats=seats + 1)))["id"]
    connections = await asyncio.gather(*(Connection(server).open() for _ in range(racers)))
    begun = time.perf_counter()
    answers = await asyncio.gather(*(
        one.send("POST", "/api/users", token, offer.user(f"racer{number}@race.example", account)) for number, one in enumerate(connections)
    ))
    took = time.perf_counter() - begun
    statuses = {}
    for status, _ in answers:
        statuses[status] = statuses.get(status, 0) + 1
    return took, statuses


def seats_with_a_kill(binary, data, racers, seats, connections):
    """Racing creates with the server killed in the middle and started again: users there, and the counter."""
    server = Server(binary, Path(data), **UNLIMITED)
    server.start()
    token = server.sign_in_admin()
    offer = Offer(server, token, "Kill")
    account = asyncio.run(first_account(server, token, offer, seats))
    acknowledged = set()

    async def racing(numbers, stop_after):
        queue = list(reversed(numbers))
        unsent = []

        async def worker():
            connection = await Connection(server).open()
            while queue:
                number = queue.pop()
                try:
                    status, _ = await connection.send("POST", "/api/users", token, offer.user(f"u{number}@kill.example", account))
                except (OSError, asyncio.IncompleteReadError, IndexError):
                    unsent.append(number)
                    return
                if status == 201:
                    acknowledged.add(number)
                if stop_after and len(acknowledged) == stop_after:
                    server.process.kill()

        await asyncio.gather(*(worker() for _ in range(connections)), return_exceptions=True)
        return queue + unsent

    left = asyncio.run(racing(list(range(racers)), seats // 2))
    server.stop(kill=True)
    server.start()
    asyncio.run(racing(left, None))
    users, cursor = [], ""
    while True:
        page = server.get(f"/api/users?accountId={account}&limit=200{cursor}", token)
        users += page["items"]
        if not page.get("nextCursor"):
            break
        cursor = f"&cursor={page['nextCursor']}"
    capacity = server.get(f"/api/licenses/capacity?accountId={account}", token)
    emails = {user["email"] for user in users}
    lost = [number for number in acknowledged if f"u{number}@kill.example" not in emails]
    server.stop()
    if lost:
        raise RuntimeError(f"{len(lost)} acknowledged users are lost")
    # The technical user holds one seat of its own.
    return len(users) - 1, capacity["usedSeats"] - 1


def creates_and_kill(binary, data, accounts, users):
    """So many users in each of so many accounts, from 64 connections, and then `kill -9`. Answers how many were made."""
    server = Server(binary, Path(data), **UNLIMITED)
    server.start()
    token = server.sign_in_admin()
    offer = Offer(server, token, "Creates")
    requests = [offer.account(f"Creates{number}", seats=users + 1) for number in range(accounts)]
    made = asyncio.run(each(server, lambda connection, request: onboard(connection, token, request), requests, 32))

    async def add(connection, item):
        account, number = item
        status, text = await connection.send("POST", "/api/users", token, offer.user(f"user{number}@{account}.example", account))
        if status != 201:
            raise RuntimeError(text)

    jobs = [(one["id"], number) for number in range(users) for one in made]
    asyncio.run(each(server, add, jobs, 64))
    server.stop(kill=True)
    return len(jobs)


async def first_account(server, token, offer, seats):
    connection = await Connection(server).open()
    return (await onboard(connection, token, offer.account("Kill", seats=seats + 1)))["id"]


def open_runs(binary, data, count):
    """Leaves so many runs open: every mail fails for a while, and then the server is killed."""
    server = Server(binary, Path(data), **UNLIMITED, FREEHOLD_FAULTS="VerifyProvisioning:transient*always,WriteCoreRecords:throttled*always")
    server.start()
    token = server.sign_in_admin()
    offer = Offer(server, token, "Open")

    async def ask(connection, number):
        status, text = await connection.send("POST", "/api/accounts", token, offer.account(f"Open{number}"))
        if status != 201:
            raise RuntimeError(text)

    asyncio.run(each(server, ask, list(range(count)), 32))
    server.stop(kill=True)


def wait_for_runs(server, seconds=120):
    """How many accounts are still being provisioned when all have ended, or the time is over."""
    token = server.sign_in_admin()
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        left = len(server.get("/api/accounts?status=provisioning&limit=200", token)["items"])
        if left == 0:
            return 0
        time.sleep(0.2)
    return left


def page_sign_in_and_search(server, seeded):
    """Medians in seconds of a page of 50 users, of a sign-in, and of an operator's search for the account by its name."""
    token, operator = server.sign_in(seeded.email), server.sign_in_admin()

    async def gets(path, token):
        connection = await Connection(server).open()
        times = []
        for _ in range(2000):
            begun = time.perf_counter()
            status, text = await connection.send("GET", path, token)
            times.append(time.perf_counter() - begun)
            if status != 200 or seeded.account.encode() not in text:
                raise RuntimeError(f"{path}: {status} {text}")
        return statistics.median(times)

    def sign_in():
        begun = time.perf_counter()
        server.sign_in(seeded.email)
        return time.perf_counter() - begun

    page = asyncio.run(gets("/api/users?limit=50", token))
    search = asyncio.run(gets("/api/accounts?name=tenant0", operator))
    return page, statistics.median(sign_in() for _ in range(40)), search
