"""Measures the function `api` from the start of its process to its first answer: `lambda.py BOOTSTRAP [TIMES]`.

It stands behind a Runtime API on loopback and over the emulators, on a platform that is set up. What Lambda itself does
before the process starts is not in it.
"""

import http.server
import json
import os
import pathlib
import queue
import statistics
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "scripts"))
from emulated import Emulated  # noqa: E402

answers = queue.Queue()


class RuntimeApi(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Of the process that runs now: one that was ended still waits at its own.
    events = queue.Queue()
    # An answer in two packets would wait for the first to be acknowledged.
    wbufsize = -1

    def log_message(self, *_):
        pass

    def reply(self, status, body=b"", headers=()):
        self.send_response(status)
        for name, value in (("Content-Length", str(len(body))), *headers):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        deadline = str(int(time.time() * 1000) + 30_000)
        event = json.dumps(RuntimeApi.events.get()).encode()
        headers = [("Lambda-Runtime-Aws-Request-Id", "bench"), ("Lambda-Runtime-Deadline-Ms", deadline)]
        self.reply(200, event, [*headers, ("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:eu-central-1:1:function:api")])

    def do_POST(self):
        if "chunked" in self.headers.get("Transfer-Encoding", ""):
            body = b""
            while size := int(self.rfile.readline(), 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
        else:
            body = self.rfile.read(int(self.headers["Content-Length"]))
        answers.put((time.perf_counter(), self.path, body))
        self.reply(202)


def event(path):
    context = {"http": {"method": "GET", "path": path, "protocol": "HTTP/1.1", "sourceIp": "203.0.113.7"}, "stage": "$default"}
    return {"version": "2.0", "routeKey": "$default", "rawPath": path, "rawQueryString": "", "headers": {"host": "bench"}, "requestContext": context, "isBase64Encoded": False}


def once(bootstrap, environment, path):
    with tempfile.TemporaryDirectory() as folder:
        RuntimeApi.events = queue.Queue()
        RuntimeApi.events.put(event(path))
        begun = time.perf_counter()
        process = subprocess.Popen([bootstrap], env={**environment, "FREEHOLD_DATA_DIR": folder})
        try:
            ended, where, body = answers.get(timeout=60)
        finally:
            process.kill()
            process.wait()
    answer = json.loads(body)
    if not where.endswith("/response") or answer["statusCode"] != 200:
        raise SystemExit(f"{path}: {where} {answer}")
    return (ended - begun) * 1000


def prepare(endpoint):
    """Makes the shared table, as `freehold preflight --fix` does."""
    subprocess.run([str(ROOT / "target/debug/freehold"), "preflight", "--fix", "--json"], env=endpoint, check=True, stdout=subprocess.DEVNULL)


def main():
    bootstrap, times = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 20
    http.server.ThreadingHTTPServer.handle_error = lambda *_: None
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), RuntimeApi)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with Emulated() as emulated:
        environment = {
            **emulated.environment,
            "FREEHOLD_PUBLIC_URL": "https://freehold.example",
            "FREEHOLD_ADMIN_EMAIL": "root@platform.example",
            "FREEHOLD_ADMIN_PASSWORD": "Copper-4-kettle-meadow",
            "FREEHOLD_LOG_LEVEL": "error",
            "_HANDLER": "api",
            "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{server.server_port}",
            "AWS_LAMBDA_FUNCTION_NAME": "api",
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1024",
        }
        prepare({**os.environ, **emulated.environment})
        once(bootstrap, environment, "/ready")
        for path in ("/health", "/ready"):
            took = sorted(once(bootstrap, environment, path) for _ in range(times))
            print(f"{path}: median {statistics.median(took):.0f} ms, least {took[0]:.0f}, most {took[-1]:.0f}, of {times}")


if __name__ == "__main__":
    main()
