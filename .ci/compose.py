"""docker-compose.yml holds together: checked by `docker-compose config` where there is one, and by itself anywhere."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
FILE = ROOT / "docker-compose.yml"
SECRETS = {
    "POSTGRES_PASSWORD": "x" * 20,
    "REDIS_PASSWORD": "y" * 20,
    "DCAI_SECRET_KEY": "z" * 60,
    "DCAI_SITE_URL": "https://dcai.example.org",
    "DCAI_ALLOWED_HOSTS": "dcai.example.org",
}
SERVICES = {"postgres", "redis", "migrations", "web", "worker", "worker-quality"}
QUEUES = {"default", "imports", "media", "quality"}


def faults() -> Iterator[str]:
    """Yield what is wrong, one line each."""
    text = FILE.read_text(encoding="utf-8")
    for name in SECRETS:
        if f"${{{name}:?" not in text:
            yield f"{name} must be demanded as ${{{name}:?what to set}}"
    content = yaml.safe_load(_filled_in(text))
    services: dict[str, dict[str, Any]] = content["services"]
    yield from (f"the service {name} is missing" for name in sorted(SERVICES - set(services)))
    for name, service in services.items():
        yield from _faults_of_service(name, service, content)
    served = {queue for service in services.values() for queue in _queues(service)}
    yield from (f"no worker serves the queue {queue}" for queue in sorted(QUEUES - served))
    yield from _faults_by_compose()


def _faults_of_service(name: str, service: dict[str, Any], content: dict[str, Any]) -> Iterator[str]:
    if not (service.get("image") or service.get("build")):
        yield f"{name} has neither image nor build"
    if "healthcheck" not in service and name != "migrations":
        yield f"{name} has no health check"
    for other, condition in service.get("depends_on", {}).items():
        if other not in content["services"]:
            yield f"{name} depends on {other}, which does not exist"
        elif condition["condition"] == "service_healthy" and "healthcheck" not in content["services"][other]:
            yield f"{name} waits for the health of {other}, which has no health check"
    for volume in service.get("volumes", []):
        source = str(volume).split(":", 1)[0]
        if not source.startswith((".", "/")) and source not in content.get("volumes", {}):
            yield f"{name} mounts the volume {source}, which is not declared"


def _queues(service: dict[str, Any]) -> list[str]:
    command = service.get("command", [])
    return command[command.index("--queues") + 1].split(",") if "--queues" in command else []


def _filled_in(text: str) -> str:
    filled = re.sub(r"\$\{(\w+):[?][^}]*\}", lambda found: SECRETS[found[1]], text)
    return re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", filled)


def _faults_by_compose() -> Iterator[str]:
    command = _compose()
    if command is None:
        return
    base = {name: value for name, value in os.environ.items() if name not in SECRETS}
    done = _config(command, {**base, **SECRETS})
    if done.returncode != 0:
        yield f"{' '.join(command)} config: {done.stderr.strip()}"
    if _config(command, base).returncode == 0:
        yield f"{' '.join(command)} config accepts missing secrets"


def _compose() -> list[str] | None:
    if shutil.which("docker-compose"):
        return ["docker-compose"]
    if shutil.which("docker"):
        plugin = subprocess.run(["docker", "compose", "version"], capture_output=True, check=False)  # noqa: S607
        if plugin.returncode == 0:
            return ["docker", "compose"]
    return None


def _config(command: list[str], environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - one of the two commands above
        [*command, "--file", str(FILE), "config", "--quiet"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


if __name__ == "__main__":
    found = list(faults())
    sys.stdout.writelines(f"{fault}\n" for fault in found)
    sys.exit(1 if found else 0)
