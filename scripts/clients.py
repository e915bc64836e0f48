"""Packs the clients as they are published, and drives each through the main job, and its README's example, against a server."""

import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from server import ADMIN, INITIAL, PASSWORD, Server

ROOT = Path(__file__).resolve().parent.parent
BUILT = ROOT / "target" / "clients"


def main():
    binary = sys.argv[1]
    clients = [typescript(), python()]
    for jobs in clients:
        with tempfile.TemporaryDirectory(prefix="freehold-client-") as folder:
            with Server(binary, Path(folder) / "data") as server:
                environment = {**os.environ, "FREEHOLD_SERVER": server.url, "FREEHOLD_EMAIL": ADMIN, "FREEHOLD_PASSWORD": PASSWORD}
                job, example, more = jobs
                subprocess.run([*job, server.url, ADMIN, INITIAL, PASSWORD], env={**environment, **more}, check=True)
                said = subprocess.run(example, env={**environment, **more}, check=True, text=True, capture_output=True).stdout
                if "Acme is active" not in said:
                    sys.exit(f"{' '.join(map(str, example))} said {said!r}")


def typescript():
    """The packed package, the job and the example in a project that has it among its modules."""
    source, project = ROOT / "clients" / "typescript", fresh("typescript")
    modules = project / "node_modules"
    subprocess.run(["npm", "run", "--silent", "build"], cwd=source, check=True, stdout=subprocess.DEVNULL)
    pack = ["npm", "pack", "--silent", "--ignore-scripts", "--pack-destination", str(project)]
    packed = subprocess.run(pack, cwd=source, check=True, text=True, capture_output=True).stdout.strip()
    with tarfile.open(project / packed) as archive:
        archive.extractall(project, filter="data")
    modules.mkdir()
    (project / "package").rename(modules / "freehold-client")
    for name in ("openapi-fetch", "openapi-typescript-helpers", "@types"):
        (modules / name).symlink_to(source / "node_modules" / name)
    (project / "package.json").write_text('{ "type": "module" }')
    shutil.copy(source / "test" / "job.ts", project)
    (project / "example.ts").write_text(example(source, "ts"))
    options = ["--strict", "--module", "nodenext", "--target", "es2022", "--types", "node"]
    compiler = source / "node_modules" / ".bin" / "tsc"
    subprocess.run([compiler, *options, "job.ts", "example.ts"], cwd=project, check=True)
    return ["node", project / "job.js"], ["node", project / "example.js"], {}


def python():
    """The wheel, in a folder of its own."""
    source, folder = ROOT / "clients" / "python", fresh("python")
    generated = source / "freehold_client" / "__init__.py"
    if not generated.exists() or generated.stat().st_mtime < (ROOT / "openapi.json").stat().st_mtime:
        sys.exit("the Python client is older than openapi.json: run scripts/api-document first")
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    shutil.rmtree(source / "build", ignore_errors=True)
    subprocess.run([*pip, "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", folder, source], check=True)
    (wheel,) = folder.glob("*.whl")
    subprocess.run([*pip, "install", "--no-deps", "--target", folder / "installed", wheel], check=True)
    (folder / "example.py").write_text(example(source, "python"))
    run = lambda file: [sys.executable, file]
    return run(source / "test" / "job.py"), run(folder / "example.py"), {"PYTHONPATH": str(folder / "installed")}


def fresh(name):
    folder = BUILT / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def example(client, language):
    """The example of a client's README."""
    return re.search(rf"```{language}\n(.*?)```", (client / "README.md").read_text(), re.DOTALL).group(1)


if __name__ == "__main__":
    main()
