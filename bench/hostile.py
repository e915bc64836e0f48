"""Hostile clients against a server of its own: what memory they leave behind, and what others notice of them.

python3 bench/hostile.py target/release/freehold [requests of each kind, 100000 by default]
"""

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


class Target:
    def __init__(self, server):
        host, port = server.url.removeprefix("http://").split(":")
        self.address, self.pid = (host, int(port)), server.process.pid

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


def main(binary, many):
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    failed = False
    with tempfile.TemporaryDirectory() as folder, Server(binary, Path(folder) / "data", FREEHOLD_LOG_LEVEL="warn") as server:
        target = Target(server)
        for request in ANSWERED.values():
            answered(target, request, 200)
        with Other(target) as quiet:
            time.sleep(2)
        print(f"quiet: {target.rss_mib():.1f} MiB, another client's p99 {quiet.p99():.2f} ms\n")
        print(f"| {many} × | memory left, MiB | another client's p99, ms |\n| --- | --- | --- |")
        for attack, kinds in ((answered, ANSWERED), (held, HELD_OPEN)):
            for kind, request in kinds.items():
                before = target.rss_mib()
                with Other(target) as other:
                    attack(target, request, many)
                # What was held is closed; a moment for the server to see it.
                deadline = time.monotonic() + 15
                while target.rss_mib() > before + GROWTH_MIB and time.monotonic() < deadline:
                    time.sleep(0.1)
                growth = target.rss_mib() - before
                over = growth > GROWTH_MIB
                failed |= over
                print(f"| {kind} | {growth:+.1f}{' (over)' if over else ''} | {other.p99():.2f} |", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 100_000))
