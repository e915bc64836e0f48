"""Hostile clients against a server of its own: what memory they leave behind, and what others notice of them.

python3 bench/hostile.py target/release/freehold [requests of each kind, 100000 by default] [a kind …]

The hostile clients come from this machine's own address, which counts as one foreign network; the other client from
loopback. They share the machine's cores with the server: what that alone costs shows in the last column.
"""

import multiprocessing
import resource
import socket
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "scripts"))
from server import Server  # noqa: E402

GROWTH_MIB = 16
HELD = 1_100
LONG = "X" * 8_000
HEAD = "HTTP/1.1\r\nhost: x\r\nconnection: close\r\n"
POST = "HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 1000000\r\n\r\n"

# What is sent and answered at once.
ANSWERED = {
    "methods": lambda n: f"M{n}{LONG} / {HEAD}\r\n",
    "paths": lambda n: f"GET /api/{n}{LONG} {HEAD}\r\n",
    "headers": lambda n: f"GET /api/users {HEAD}x-{n}: {LONG}\r\nx-forwarded-for: {n}\r\nauthorization: Bearer {n}\r\n\r\n",
}
# What is sent in part and held open, or never read.
HELD_OPEN = {
    "half heads": lambda n: f"GET /{n}{LONG}",
    "half bodies": lambda n: f"POST /api/users {POST}{LONG}",
    "half bodies, no token needed": lambda n: f"POST /api/auth/login {POST}{LONG}",
    "slow reads": lambda n: "GET /api/openapi.json HTTP/1.1\r\nhost: x\r\n\r\n" * 4,
}

KINDS = ANSWERED | HELD_OPEN
SETTINGS = {"FREEHOLD_LOG_LEVEL": "warn", "FREEHOLD_LISTEN": "0.0.0.0:0"}


class Target:
    def __init__(self, address, pid):
        self.address, self.pid = address, pid

    @classmethod
    def of(cls, server, host):
        return cls((host, int(server.url.rsplit(":", 1)[1])), server.process.pid)

    def connect(self, text):
        client = socket.create_connection(self.address, timeout=30)
        client.sendall(text.encode())
        return client

    def rss_mib(self):
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(next(line for line in status.splitlines() if line.startswith("VmRSS:")).split()[1]) / 1024


class Other:
    """Another client, who asks for /health on new connections all the time."""

    def __init__(self, target):
        self.target, self.times, self.stopped = target, [], threading.Event()
        self.thread = threading.Thread(target=self.run)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stopped.set()
        self.thread.join()

    def run(self):
        while not self.stopped.wait(0.005):
            began = time.perf_counter()
            with self.target.connect(f"GET /health {HEAD}\r\n") as client:
                if not client.recv(64).startswith(b"HTTP/1.1 200"):
                    raise RuntimeError("another client was not served")
            self.times.append((time.perf_counter() - began) * 1000)

    def p99(self):
        return statistics.quantiles(self.times, n=100)[98]


def answered(target, request, many):
    for number in range(many):
        with target.connect(request(number)) as client:
            try:
                while client.recv(65536):
                    pass
            except ConnectionResetError:
                pass


def held(target, request, many):
    clients = []
    for number in range(many):
        try:
            clients.append(target.connect(request(number)))
        except (BrokenPipeError, ConnectionResetError):
            continue
        if len(clients) == HELD:
            for client in clients:
                client.close()
            clients.clear()
    for client in clients:
        client.close()


def own_address():
    """The address of this machine that its default route uses. Nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))
        return probe.getsockname()[0]


def measured(near, target, kind, many):
    """The attackers are a process of their own: in the same one they would slow down the other client, not the server."""
    attack = answered if kind in ANSWERED else held
    before = target.rss_mib()
    attackers = multiprocessing.get_context("fork").Process(target=attack, args=(target, KINDS[kind], many))
    attackers.start()
    with Other(near) as other:
        attackers.join()
    # What was held is closed; a moment for the server to see it.
    deadline = time.monotonic() + 15
    while target.rss_mib() > before + GROWTH_MIB and time.monotonic() < deadline:
        time.sleep(0.1)
    return attackers.exitcode, target.rss_mib() - before, other.p99()


def main(binary, many, kinds):
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    failed = False
    with (
        tempfile.TemporaryDirectory() as folder,
        Server(binary, Path(folder) / "one" / "data", **SETTINGS) as server,
        Server(binary, Path(folder) / "two" / "data", **SETTINGS) as beside,
    ):
        near, target = Target.of(server, "127.0.0.1"), Target.of(server, own_address())
        elsewhere = Target.of(beside, own_address())
        for request in ANSWERED.values():
            answered(target, request, 200)
        with Other(near) as quiet:
            time.sleep(2)
        print(f"quiet: {target.rss_mib():.1f} MiB, another client's p99 {quiet.p99():.2f} ms\n")
        print(f"| {many} × | memory left, MiB | another client's p99, ms | the same while another server is attacked |")
        print("| --- | --- | --- | --- |")
        for kind in kinds or KINDS:
            exitcode, growth, p99 = measured(near, target, kind, many)
            _, _, shared = measured(near, elsewhere, kind, max(many // 4, 200))
            over = growth > GROWTH_MIB
            failed |= over or exitcode != 0
            print(f"| {kind} | {growth:+.1f}{' (over)' if over else ''} | {p99:.2f} | {shared:.2f} |", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 100_000, sys.argv[3:]))
