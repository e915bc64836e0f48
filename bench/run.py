"""Measures the product's figures on this machine and prints the table.

    python3 bench/run.py target/release/freehold [NAME …]

Names pick sections (see SECTIONS at the end); none means all. CPU times are the kernel's count for the server process.
Timings are of one run on one machine: quote them as such.
"""

import asyncio
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "scripts"))
from server import UNLIMITED, Server  # noqa: E402

import load  # noqa: E402

ROWS = []


def row(what, asked, measured, holds):
    ROWS.append((what, asked, measured, holds))
    print(f"{'ok  ' if holds else 'MISS'}  {what}: {measured} (asked: {asked})", flush=True)


def quiet(binary, data, threads=None, cpus=None, **environment):
    """A server for measuring: no rate limits, logs to a file, pinned where asked."""
    environment = {**UNLIMITED, **environment}
    if threads:
        environment["FREEHOLD_WORKER_THREADS"] = str(threads)
    server = Server(binary, data, **environment)
    server.cpus = cpus
    server.start()
    if cpus:
        subprocess.run(["taskset", "-a", "-p", "-c", cpus, str(server.process.pid)], check=True, stdout=subprocess.DEVNULL)
    return server


def cpu_seconds(pid):
    """What `clock_getcpuclockid` names: the same count as in /proc/…/stat, which rounds it to 10 ms."""
    return time.clock_gettime((~pid << 3) | 2)


def resident_mib(pid):
    return int(re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text()).group(1)) / 1024


def wrk(server, path, token=None, connections=16, seconds=5, cpus="1"):
    command = ["taskset", "-c", cpus, "wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency"]
    if token:
        command += ["-H", f"Authorization: Bearer {token}"]
    before = cpu_seconds(server.process.pid)
    text = subprocess.run([*command, server.url + path], check=True, text=True, stdout=subprocess.PIPE).stdout
    spent = cpu_seconds(server.process.pid) - before
    requests = int(re.search(r"(\d+) requests in", text).group(1))
    if "Non-2xx" in text:
        raise RuntimeError(f"{path}: {text}")
    p99 = re.search(r"99%\s+([\d.]+)(us|ms|s)", text)
    scale = {"us": 0.001, "ms": 1, "s": 1000}[p99.group(2)]
    return {"cpu_us": spent / requests * 1e6, "per_second": requests / seconds, "p99_ms": float(p99.group(1)) * scale}


def requests_cost(binary, data):
    """Server CPU per request on one core, and latencies at 64 connections on two."""
    seeded = load.Seeded.read(data)
    server = quiet(binary, data, threads=1, cpus="0")
    try:
        token = server.sign_in(seeded.email)
        paths = [
            ("health", "/health", None, 8),
            ("one account", f"/api/accounts/{seeded.account}", token, 12),
            ("list of 50 users", "/api/users?limit=50", token, 28),
            ("me/permissions, computed", "/api/users/me/permissions", token, 25),
        ]
        for what, path, bearer, limit in paths:
            wrk(server, path, bearer, seconds=2)
            found = wrk(server, path, bearer)
            row(f"server CPU per request, {what}", f"≤ {limit} µs", f"{found['cpu_us']:.1f} µs ({found['per_second']:,.0f}/s)", found["cpu_us"] <= limit)
        fresh = load.fresh_tokens(server, seeded.email, 1500)
        path = f"/api/accounts/{seeded.account}"
        same = load.cpu_of(server, cpu_seconds, path, [token] * len(fresh))
        new = load.cpu_of(server, cpu_seconds, path, fresh)
        row("the same with a token never seen before", "≤ 30 µs more", f"{new - same:.1f} µs more", new - same <= 30)
        row("resident memory after load", "≤ 64 MiB", f"{resident_mib(server.process.pid):.0f} MiB", resident_mib(server.process.pid) <= 64)
    finally:
        server.stop()
    server = quiet(binary, data, threads=2, cpus="0,1")
    try:
        token = server.sign_in(seeded.email)
        for what, path, limit in [
            ("account", f"/api/accounts/{seeded.account}", 2),
            ("list of 50", "/api/users?limit=50", 4),
            ("permissions", "/api/users/me/permissions", 6),
        ]:
            wrk(server, path, token, connections=64, seconds=2, cpus="0,1")
            found = wrk(server, path, token, connections=64, cpus="0,1")
            row(f"p99 at 64 connections on two cores, {what}", f"≤ {limit} ms", f"{found['p99_ms']:.2f} ms", found["p99_ms"] <= limit)
    finally:
        server.stop()


def starts(binary, data, records, what, limit_ms, kill=False, runs=7):
    """From the start of the process to the first answer of /ready."""
    times = []
    for _ in range(runs):
        server = Server(binary, data)
        begun = time.perf_counter()
        server.start_fast()
        times.append((time.perf_counter() - begun) * 1000)
        idle = resident_mib(server.process.pid)
        server.stop(kill=kill)
    median = statistics.median(times)
    row(f"{what}, {records:,} records", f"≤ {limit_ms} ms", f"{median:.0f} ms (worst of {runs}: {max(times):.0f})", median <= limit_ms)
    return idle


def small(binary, folder):
    data = folder / "small" / "data"
    records = load.seed(binary, data, accounts=80, users=50)
    idle = starts(binary, data, records, "start → first answer", 20)
    server = Server(binary, data)
    server.start()
    time.sleep(2)
    idle = resident_mib(server.process.pid)
    server.stop()
    row(f"resident memory idle, {records:,} records", "≤ 24 MiB", f"{idle:.0f} MiB", idle <= 24)
    requests_cost(binary, data)


def large(binary, folder):
    data = folder / "large" / "data"
    records = load.seed(binary, data, accounts=370, users=50)
    starts(binary, data, records, "start to /ready", 300)
    starts(binary, data, records, "start to /ready after kill -9", 2000, kill=True, runs=3)


def open_runs(binary, folder):
    """Ready again after kill -9 with 1,000 runs open."""
    data = folder / "open" / "data"
    load.open_runs(binary, data, 1000)
    server = Server(binary, data)
    begun = time.perf_counter()
    server.start_fast()
    took = (time.perf_counter() - begun) * 1000
    row("start to /ready after kill -9 with 1,000 open runs", "≤ 2,000 ms", f"{took:.0f} ms", took <= 2000)
    left = load.wait_for_runs(server)
    row("runs that went on after it and ended", "all", f"{1000 - left} of 1,000", left == 0)
    server.stop()


def on_disk(folder):
    """The bytes of a folder that the file system has allocated."""
    return sum(file.stat().st_blocks for file in folder.rglob("*") if file.is_file()) * 512


def recovery(binary, folder):
    """Ready again after many creates and `kill -9`, and what they take on disk."""
    data = folder / "recovery" / "data"
    accounts = int(os.environ.get("FREEHOLD_BENCH_CREATES", "230000")) // 1000
    begun = time.perf_counter()
    made = load.creates_and_kill(binary, data, accounts=accounts, users=1000)
    print(f"{made:,} creates, {made / (time.perf_counter() - begun):,.0f}/s", flush=True)
    per_create = on_disk(data) / made
    server = Server(binary, data)
    begun = time.perf_counter()
    server.start_fast()
    took = time.perf_counter() - begun
    server.stop()
    row(f"start to /ready after {made:,} creates and kill -9", "≤ 1 s", f"{took:.2f} s", took <= 1)
    row("the same: data on disk per create", "≤ 3 kB", f"{per_create / 1000:.1f} kB", per_create <= 3000)


def seats(binary, folder):
    data = folder / "seats" / "data"
    with quiet_context(binary, data) as server:
        took, statuses = asyncio.run(load.race_for_seats(server, racers=200, seats=100))
        exact = statuses.get(201) == 100 and statuses.get(403) == 100
        row("200 racing user creations on 100 seats, durable", "≤ 60 ms, exactly 100", f"{took * 1000:.0f} ms, {statuses.get(201)} made", exact and took <= 0.06)
    made, seen = load.seats_with_a_kill(binary, folder / "kill" / "data", racers=10_000, seats=1_000, connections=64)
    row("10,000 racing creates on 1,000 seats, 64 connections, one kill -9", "exactly 1,000", f"{made} users, counter {seen}", made == seen == 1000)


def onboarding(binary, folder):
    data = folder / "onboarding" / "data"
    with quiet_context(binary, data, threads=2, cpus="0,1") as server:
        alone = load.onboard_alone(server, 50)
        row("onboarding a public account, alone, request to active", "≤ 100 ms p50", f"{statistics.median(alone) * 1000:.0f} ms p50", statistics.median(alone) <= 0.1)
        rate = asyncio.run(load.onboard_many(server, count=5000, at_once=32))
        row("onboarding with 32 at once, sustained over 5,000", "≥ 200/s", f"{rate:.0f}/s", rate >= 200)


def guard(binary, folder):
    """The guarded read against the same read unguarded, and the guard alone."""
    del binary
    # Built apart from the run: the build takes minutes, the run some 20 s, and a run that hangs must not look like a build.
    print("building the example `guard`", flush=True)
    build = ["cargo", "build", "--release", "-p", "testkit", "--example", "guard", "--message-format", "json-render-diagnostics"]
    messages = subprocess.run(build, cwd=HERE.parent, check=True, text=True, stdout=subprocess.PIPE, timeout=900).stdout
    built = (json.loads(line).get("executable") for line in messages.splitlines())
    example = [path for path in built if path][-1]
    found = json.loads(subprocess.run([example], check=True, text=True, stdout=subprocess.PIPE, timeout=120).stdout)
    row("guarded read against the same read unguarded", "≥ 0.8 of its throughput", f"{found['ratio']:.2f}", found["ratio"] >= 0.8)
    row("guard: token verified before, policy decided", "≤ 20 µs p99", f"{found['guardP99Micros']:.1f} µs p99", found["guardP99Micros"] <= 20)


def growth(binary, folder):
    """One account among few and among many, each of 50 users: a page of its users, its sign-in, the search for it, the start."""
    sizes = [int(size) for size in os.environ.get("FREEHOLD_BENCH_GROWTH", "1000,20000").split(",")]
    found = []
    for accounts in sizes:
        data = folder / f"growth-{accounts}" / "data"
        load.seed(binary, data, accounts=1, users=50)
        # The others are written past the API.
        subprocess.run([binary.parent / "examples" / "grow", data, str(accounts - 1), "50"], check=True)
        began = []
        for _ in range(5):
            server = Server(binary, data)
            begun = time.perf_counter()
            server.start_fast()
            began.append(time.perf_counter() - begun)
            server.stop()
        with quiet_context(binary, data) as server:
            time.sleep(5)
            idle = resident_mib(server.process.pid)
            page, sign_in, search = load.page_sign_in_and_search(server, load.Seeded.read(data))
        found.append({"list page": page, "sign-in": sign_in, "search for one account": search})
        size = sum(file.stat().st_size for file in data.rglob("*") if file.is_file())
        times = ", ".join(f"{what} {seconds * 1000:.2f} ms" for what, seconds in found[-1].items())
        print(f"{accounts:,} accounts: {times}; {size / 1e9:.2f} GB on disk", flush=True)
    start = statistics.median(began) * 1000
    row(f"start → first answer, {sizes[-1]:,} accounts × 50 users", "≤ 300 ms", f"{start:.0f} ms", start <= 300)
    row(f"resident memory idle, {sizes[-1]:,} accounts × 50 users", "≤ 64 MiB", f"{idle:.0f} MiB", idle <= 64)
    for what in found[0]:
        ratio = found[-1][what] / found[0][what]
        row(f"growth of {what}, {sizes[0]:,} → {sizes[-1]:,} accounts × 50 users", "≤ 1.3 ×", f"{ratio:.2f} ×", ratio <= 1.3)


class quiet_context:
    def __init__(self, *arguments, **named):
        self.arguments, self.named = arguments, named

    def __enter__(self):
        self.server = quiet(*self.arguments, **self.named)
        return self.server

    def __exit__(self, *_):
        self.server.stop()


SECTIONS = {
    "small": small, "large": large, "open-runs": open_runs, "recovery": recovery, "seats": seats, "onboarding": onboarding, "guard": guard, "growth": growth,
}


def main():
    binary = Path(sys.argv[1]).resolve()
    wanted = sys.argv[2:] or list(SECTIONS)
    with tempfile.TemporaryDirectory(prefix="freehold-bench-") as folder:
        for name in wanted:
            print(f"── {name}", flush=True)
            SECTIONS[name](binary, Path(folder))
    print("\n| what | asked | measured |\n| --- | --- | --- |")
    for what, asked, measured, holds in ROWS:
        print(f"| {what} | {asked} | {measured}{'' if holds else ' **missed**'} |")


if __name__ == "__main__":
    main()
