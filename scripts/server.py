"""Starts a Freehold of its own for a script: a fresh data folder, a port that the system picks, stopped by its handle."""

import http.client
import json
import os
import subprocess
import time
from pathlib import Path
from urllib.parse import urlsplit

ADMIN = "root@platform.example"
INITIAL = "Initial-4-harbour-Kite"
PASSWORD = "Quartz-7-walrus-lantern"


class Refused(Exception):
    """The server answered with another status than was expected."""

    def __init__(self, method, path, status, body):
        super().__init__(f"{method} {path}: {status} {body}")
        self.status = status
        self.body = body


# Settings of a server without rate limits: for loads from one address and one user.
UNLIMITED = {
    f"FREEHOLD_{limit}": "0"
    for limit in (
        "AUTH_REQUESTS_PER_FIVE_MINUTES",
        "USER_REQUESTS_PER_MINUTE",
        "ACCOUNT_REQUESTS_PER_MINUTE",
        "COSTLY_REQUESTS_PER_MINUTE",
    )
}


class Server:
    """A server process. Use it in a `with` statement."""

    def __init__(self, binary, data, **environment):
        self.binary, self.data, self.environment = str(binary), Path(data), environment
        self.process = None
        self.url = None

    @classmethod
    def at(cls, url):
        """A server that somebody else has started, and will stop."""
        server = cls(binary=None, data=".")
        server.url = url
        return server

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()

    def start_fast(self):
        """As `start`, with as little in between as can be: for measuring."""
        self.start(pause=0.0005)

    def start(self, pause=0.02):
        self.data.parent.mkdir(parents=True, exist_ok=True)
        (self.data / "listen").unlink(missing_ok=True)
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("FREEHOLD_")},
            "FREEHOLD_ADMIN_EMAIL": ADMIN, "FREEHOLD_ADMIN_PASSWORD": INITIAL, **self.environment,
        }
        self.log = open(self.data.parent / "server.log", "ab")
        listen = environment.setdefault("FREEHOLD_LISTEN", "127.0.0.1:0")
        command = [self.binary, "serve", "--data-dir", str(self.data), "--listen", listen]
        self.process = subprocess.Popen(command, env=environment, stdout=self.log, stderr=self.log)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                break
            try:
                address = (self.data / "listen").read_text().strip()
                self.url = address if address.startswith("http") else f"http://{address}"
                if self.send("GET", "/ready")[0] == 200:
                    return
            except (OSError, http.client.HTTPException):
                pass
            time.sleep(pause)
        self.stop()
        tail = (self.data.parent / "server.log").read_text(errors="replace")[-4000:]
        raise RuntimeError(f"the server did not become ready:\n{tail}")

    def stop(self, kill=False):
        if self.process and self.process.poll() is None:
            self.process.kill() if kill else self.process.terminate()
            try:
                self.process.wait(timeout=40)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.log.close()

    def send(self, method, path, body=None, token=None, headers=None):
        """The status, the body (JSON where it is JSON) and the headers of one answer."""
        parts = urlsplit(self.url)
        connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=60)
        try:
            headers = dict(headers or {})
            if token:
                headers["Authorization"] = f"Bearer {token}"
            if body is not None:
                headers["Content-Type"] = "application/json"
                body = json.dumps(body)
            connection.request(method, path, body=body, headers=headers)
            response = connection.getresponse()
            text = response.read().decode()
            try:
                answer = json.loads(text) if text else None
            except json.JSONDecodeError:
                answer = text
            return response.status, answer, response.headers
        finally:
            connection.close()

    def call(self, method, path, expected, body=None, token=None, headers=None):
        """The body of an answer with the expected status; raises `Refused` otherwise."""
        status, answer, _ = self.send(method, path, body, token, headers)
        if status != expected:
            raise Refused(method, path, status, answer)
        return answer

    def get(self, path, token=None, expected=200):
        return self.call("GET", path, expected, token=token)

    def post(self, path, body, token=None, expected=201):
        return self.call("POST", path, expected, body, token)

    def sign_in(self, email, password=PASSWORD):
        """An access token; a challenge for a new password is answered with `PASSWORD`."""
        answer = self.post("/api/auth/login", {"email": email, "password": password}, expected=200)
        if "challenge" in answer:
            body = {"challenge": answer["challenge"], "session": answer["session"], "newPassword": PASSWORD}
            answer = self.post("/api/auth/challenge", body, expected=200)
        return answer["accessToken"]

    def sign_in_admin(self):
        try:
            return self.sign_in(ADMIN, INITIAL)
        except Refused:
            return self.sign_in(ADMIN)

    def run_ended(self, account, token):
        """Waits until the run of an account has ended: the stream of its events ends with it."""
        self.send("GET", f"/api/provisioning/{account}/events", token=token)
        return self.get(f"/api/provisioning/{account}", token)
