"""Runs the binary with the aws profile over emulators on free ports of loopback: dynoxide for DynamoDB, moto for the rest.

`emulated.py target/debug/freehold serve` makes the table, the bus and a user pool there, and serves. All of it is gone when it ends.
"""

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

TARGET = Path(__file__).resolve().parent.parent / "target"
SENDER = "freehold@example.com"


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class Emulator:
    """A process that listens on a port of its own."""

    def __init__(self, *command, path="/"):
        # The port can be taken by somebody else in between: then it ends at once, and gets another.
        for _ in range(5):
            self.port = free_port()
            arguments = [str(self.port) if word == "PORT" else word for word in command]
            environment = {**os.environ, "MOTO_PORT": str(self.port)}
            self.process = subprocess.Popen(
                arguments, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
            if self.answers(path):
                return
        raise SystemExit(f"{command[0]} does not stay up")

    def answers(self, path):
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
                connection.request("GET", path)
                connection.getresponse().read()
                return True
            except OSError:
                time.sleep(0.02)
        self.stop()
        return False

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def stop(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()


class Emulated:
    """Both emulators. Use it in a `with` statement; `environment` points the product at them."""

    def __enter__(self):
        subprocess.run([str(TARGET.parent / "scripts" / "emulators")], check=True)
        dynoxide = str(TARGET / "emulators" / "bin" / "dynoxide")
        self.dynoxide = Emulator(dynoxide, "serve", "--host", "127.0.0.1", "--port", "PORT", "--log", "quiet")
        try:
            self.moto = Emulator(str(TARGET / "venv-aws" / "bin" / "moto_server"), "-H", "127.0.0.1", "-p", "PORT", path="/moto-api/")
        except BaseException:
            self.dynoxide.stop()
            raise
        others = ("COGNITO", "EVENTBRIDGE", "SECRETS_MANAGER", "SES", "SSM", "STS")
        self.environment = {
            "FREEHOLD_PROFILE": "aws", "FREEHOLD_ADMIN_EMAIL": "root@platform.example",
            "FREEHOLD_AWS_REGION": "eu-central-1",
            "FREEHOLD_AWS_EVENT_BUS": "freehold",
            "FREEHOLD_AWS_SENDER": SENDER,
            "FREEHOLD_AWS_KEEP_MAILS": "true",
            # dynoxide keeps no backups.
            "FREEHOLD_AWS_PROTECT_TABLES": "false",
            # moto's stacks make moto's tables, not dynoxide's.
            "FREEHOLD_AWS_STACKS": "false",
            "FREEHOLD_AWS_ENDPOINT_DYNAMODB": self.dynoxide.url,
            **{f"FREEHOLD_AWS_ENDPOINT_{service}": self.moto.url for service in others},
            "AWS_ACCESS_KEY_ID": "AKIAEMULATOR",
            "AWS_SECRET_ACCESS_KEY": "not-a-secret",
            "AWS_EC2_METADATA_DISABLED": "true",
        }
        return self

    def __exit__(self, *_):
        self.dynoxide.stop()
        self.moto.stop()

    def prepare(self, binary):
        """Makes the table, the bus and a user pool; what is looked at afterwards must be right."""
        environment = {**os.environ, **self.environment}
        command = [str(binary), "preflight", "--fix", "--user-pool", "--json"]
        done = subprocess.run(command, env=environment, text=True, capture_output=True, check=False)
        if done.returncode != 0:
            raise SystemExit(f"the emulators are not as they must be:\n{done.stdout}{done.stderr}")
        checks = json.loads(done.stdout)
        told = next(check["finding"] for check in checks if check["name"] == "user pool settings")
        settings = re.findall(r'(\w+) = "([^"]+)"', told)
        assert len(settings) == 2, told
        self.environment.update({f"FREEHOLD_{name.upper()}": value for name, value in settings})
        return checks


def main():
    # Whoever stops this stops the command, which then ends in its own time.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with Emulated() as emulated:
        emulated.prepare(sys.argv[1])
        process = subprocess.Popen(sys.argv[1:], env={**os.environ, **emulated.environment})
        try:
            code = process.wait()
        except KeyboardInterrupt:
            code = process.wait()
        except SystemExit:
            process.terminate()
            process.wait()
            raise
    sys.exit(code)


if __name__ == "__main__":
    main()
