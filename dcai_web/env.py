"""Typed readers of the environment that fail loudly; `NAME_FILE` reads a secret from a file."""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"0", "false", "no", "off", ""}


def text(name: str, default: str = "") -> str:
    """Return the variable, or the content of the file that `NAME_FILE` points at."""
    file = os.environ.get(f"{name}_FILE")
    if file:
        try:
            return Path(file).read_text(encoding="utf-8").strip()
        except OSError as error:
            message = f"{name}_FILE={file} cannot be read: {error.strerror}"
            raise ImproperlyConfigured(message) from error
    return os.environ.get(name, default)


def data_dir(root: Path) -> Path:
    """Return the folder that everything of this site is kept in."""
    return Path(text("DCAI_DATA_DIR", str(root / ".dcai"))).expanduser().resolve()


def boolean(name: str, *, default: bool) -> bool:
    """Return the variable as yes or no."""
    raw = os.environ.get(name)
    if raw is None:
        return default
    value = raw.strip().lower()
    if value in _TRUE:
        return True
    if value in _FALSE:
        return False
    message = f"{name}={raw!r} must be 1 or 0"
    raise ImproperlyConfigured(message)


def integer(name: str, default: int) -> int:
    """Return the variable as a whole number."""
    raw = os.environ.get(name)
    if raw is None or not raw.strip():
        return default
    try:
        return int(raw)
    except ValueError as error:
        message = f"{name}={raw!r} must be a whole number"
        raise ImproperlyConfigured(message) from error


def needed(name: str, *, because: str) -> str:
    """Return the variable, which another one makes necessary."""
    value = text(name).strip()
    if not value:
        message = f"{name} must be set, because {because} is"
        raise ImproperlyConfigured(message)
    return value


def issuer(name: str) -> str:
    """Return the address of a provider without its last slash: over HTTPS, or on this machine."""
    value = text(name).strip().rstrip("/")
    parts = urlsplit(value)
    here = parts.scheme == "http" and parts.hostname in {"127.0.0.1", "localhost", "::1"}
    if value and not here and not (parts.scheme == "https" and parts.hostname):
        message = f"{name} must be an address that begins with https://"
        raise ImproperlyConfigured(message)
    return value


def choice(name: str, known: list[str]) -> str:
    """Return the variable, which is one of those known; the first is the default."""
    value = text(name, known[0]).strip().lower()
    if value not in known:
        message = f"{name} must be one of {', '.join(known[1:])}, or empty"
        raise ImproperlyConfigured(message)
    return value


def items(name: str, default: list[str]) -> list[str]:
    """Return the comma-separated variable as a list."""
    raw = os.environ.get(name)
    if raw is None:
        return default
    return [item.strip() for item in raw.split(",") if item.strip()]


def mapping(name: str) -> dict[str, Any]:
    """Return the variable as a JSON object; nothing is an empty one."""
    raw = text(name)
    if not raw.strip():
        return {}
    try:
        read = json.loads(raw)
    except ValueError:
        read = None
    if not isinstance(read, dict):
        # Without the value: there may be a key of the store in it.
        message = f'{name} must be a JSON object such as {{"bucket_name": "dcai"}}'
        raise ImproperlyConfigured(message)
    return read


def folder(path: Path) -> str | None:
    """Return the folder, made if need be; None where it cannot be, so that a command which needs none still runs."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError:
        return None
    return str(path)


def engine_url(name: str, data_dir: Path) -> str:
    """Return `DATABASE_URL` or `REDIS_URL`: from the environment, else of the embedded engines as last started."""
    given = text(name)
    if given:
        return given
    try:
        running = json.loads((data_dir / "run" / "engines.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return ""
    return str(running.get(name, ""))


def database(url: str) -> dict[str, Any]:
    """Turn `postgresql://user:password@host:port/name?option=value` into Django's settings.

    A `host` option overrides the address, so that a socket folder can be named.
    """
    if not url:
        # No engine is known yet: commands that need none (collectstatic, check) still run.
        return {"ENGINE": "django.db.backends.postgresql", "NAME": "dcai"}
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"}:
        message = f"DATABASE_URL must start with postgresql://, not {parts.scheme}:// (only PostgreSQL is supported)"
        raise ImproperlyConfigured(message)
    options = dict(parse_qsl(parts.query))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")) or "dcai",
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": options.pop("host", unquote(parts.hostname or "")),
        "PORT": str(options.pop("port", parts.port or "")),
        "OPTIONS": options,
    }


def broker(redis_url: str) -> str:
    """Turn `REDIS_URL` into Celery's form of it, which names sockets differently."""
    address, _, options = redis_url.partition("?")
    if not address.startswith("unix://"):
        return redis_url
    database = dict(parse_qsl(options)).get("db", "0")
    return f"redis+socket://{address.removeprefix('unix://')}?virtual_host={database}"


def secret_key(data_dir: Path) -> str:
    """Return `DCAI_SECRET_KEY`, or the key kept in the data directory (made on first use)."""
    given = text("DCAI_SECRET_KEY")
    if given:
        return given
    file = data_dir / "secret_key"
    try:
        return file.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        pass
    data_dir.mkdir(parents=True, exist_ok=True)
    key = secrets.token_urlsafe(64)
    try:
        handle = os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:  # another process was first
        return file.read_text(encoding="ascii").strip()
    with os.fdopen(handle, "w", encoding="ascii") as out:
        out.write(key)
    return key
