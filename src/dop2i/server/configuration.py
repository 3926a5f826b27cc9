"""What an instance is told: the file ``dop2i.toml`` of its folder, with defaults.

The folder at DOP2I_HOME is the whole instance. Nothing here imports Django, so that every command may ask.
"""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from dop2i.errors import InvalidInput

CONFIGURATION_NAME = "dop2i.toml"
SUBFOLDERS = ("ocfl", "index", "uploads/partial", "uploads/content", "staging")

TEMPLATE = """\
# The settings of this dop2i instance. Every line is optional; restart the server after a change.

# title = "Open data of the laboratory"
# public_url = "https://data.example.org"      # what links and identifiers carry
# allowed_hosts = ["data.example.org"]
# trusted_proxies = ["127.0.0.1"]              # whose X-Forwarded-* headers are believed
# database_url = "postgresql://user@host/dop2i" # the default is db.sqlite3 in this folder
# x_accel_prefix = "/internal/"                # nginx: an internal location whose alias is this folder sends files

# [ark]
# naan = "99999"                               # 99999 is for tests; ask the ARK Alliance for yours

# [datacite]
# url = "https://api.datacite.org"
# user = "INSTITUTE.REPOSITORY"
# password_file = "/etc/dop2i/datacite"
# prefix = "10.12345"

# [limits]
# file_bytes = 0                               # the largest file, 0 for no limit
# description_seconds = 120                    # how long a reader may work on one file
# description_bytes = 6_000_000_000            # how much address space a reader may take
"""


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one instance; 0 means none. Bytes, seconds, days."""

    file_bytes: int = 0
    files_in_record: int = 1_000_000
    description_seconds: int = 120
    description_bytes: int = 6_000_000_000
    upload_days: int = 7


@dataclass(frozen=True, slots=True)
class Configuration:
    """The settings of one instance, read once at its start."""

    home: Path
    title: str = "dop2i"
    public_url: str = ""
    allowed_hosts: tuple[str, ...] = ()
    trusted_proxies: tuple[str, ...] = ()
    database_url: str = ""
    x_accel_prefix: str = ""
    ark: dict[str, Any] = field(default_factory=dict)
    datacite: dict[str, Any] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)

    @property
    def ocfl_root(self) -> Path:
        """The OCFL storage root: all that has been published."""
        return self.home / "ocfl"

    @property
    def uploads(self) -> Path:
        """Where bytes wait until they are published."""
        return self.home / "uploads"

    @property
    def staging(self) -> Path:
        """Where an OCFL version is prepared; on the same file system as the root, so that it moves in one step."""
        return self.home / "staging"

    @property
    def index(self) -> Path:
        """The search index: a cache of the database, safe to delete."""
        return self.home / "index"


def default_home() -> Path:
    """The instance that DOP2I_HOME names, or ``instance`` in the current folder."""
    return Path(os.environ.get("DOP2I_HOME") or "instance").absolute()


def read_configuration(home: Path | None = None) -> Configuration:
    """The configuration of ``home``. Raises ``InvalidInput`` naming the file and the key that cannot be used."""
    home = Path(home or default_home()).absolute()
    path = home / CONFIGURATION_NAME
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{path} is not valid TOML: {error}.", hint="Mend the line it names.") from error
    known = {
        "title",
        "public_url",
        "allowed_hosts",
        "trusted_proxies",
        "database_url",
        "x_accel_prefix",
        "ark",
        "datacite",
        "limits",
    }
    for key in values:
        if key not in known:
            raise InvalidInput(f"{path} has an unknown key {key!r}.", hint=f"Known keys: {', '.join(sorted(known))}.")
    limits = values.get("limits", {})
    for key in limits:
        if key not in Limits.__dataclass_fields__:
            listing = ", ".join(Limits.__dataclass_fields__)
            raise InvalidInput(f"{path} has an unknown limit {key!r}.", hint=f"Known limits: {listing}.")
    return Configuration(
        home=home,
        title=str(values.get("title", "dop2i")),
        public_url=str(os.environ.get("DOP2I_PUBLIC_URL") or values.get("public_url", "")).rstrip("/"),
        allowed_hosts=tuple(values.get("allowed_hosts", ())),
        trusted_proxies=tuple(values.get("trusted_proxies", ())),
        database_url=str(os.environ.get("DOP2I_DATABASE_URL") or values.get("database_url", "")),
        x_accel_prefix=str(values.get("x_accel_prefix", "")),
        ark=dict(values.get("ark", {})),
        datacite=dict(values.get("datacite", {})),
        limits=Limits(**limits),
    )


def database_settings(configuration: Configuration) -> dict[str, Any]:
    """Django's ``DATABASES["default"]`` for this instance.

    SQLite keeps a write-ahead log, so that readers never wait for the writer; a writer takes its lock when its
    transaction begins (IMMEDIATE), so that it waits its turn instead of failing half-way. ``synchronous=FULL``
    flushes the log at each commit (a fraction of a millisecond on an SSD): what was acknowledged outlives a power
    cut, not only a killed process, as the files themselves do, which are flushed before they are acknowledged.
    """
    url = configuration.database_url
    if not url:
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": str(configuration.home / "db.sqlite3"),
            "CONN_MAX_AGE": None,
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 30,
                "init_command": (
                    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA busy_timeout=30000; "
                    "PRAGMA cache_size=-16000; PRAGMA temp_store=MEMORY;"
                ),
            },
        }
    parts = urlsplit(url)
    if parts.scheme not in ("postgresql", "postgres"):
        raise InvalidInput(
            f"database_url begins with {parts.scheme!r}.", hint="Use postgresql://user@host/name, or leave it out."
        )
    options = dict(parse_qsl(parts.query))
    host = options.pop("host", None) or unquote(parts.hostname or "")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": host,
        "PORT": str(parts.port or options.pop("port", "")),
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": options,
    }
