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
from dop2i.server.people.providers import Provider, read_providers
from dop2i.server.people.rules import Rule, read_rules

CONFIGURATION_NAME = "dop2i.toml"
SUBFOLDERS = ("ocfl", "index", "uploads/partial", "uploads/content", "staging")

TEMPLATE = """\
# The settings of this dop2i instance. Every line is optional; restart the server after a change.

# title = "Open data of the laboratory"
# public_url = "https://data.example.org"      # what links and identifiers carry
# contact = "data@example.org"                 # whom harvesters and readers write to
# allowed_hosts = ["data.example.org"]
# trusted_proxies = ["127.0.0.1"]              # whose X-Forwarded-* headers are believed
# database_url = "postgresql://user@host/dop2i" # the default is db.sqlite3 in this folder
# x_accel_prefix = "/internal/"                # nginx: an internal location whose alias is this folder sends files
# debug = false                                # true: the page /design shows developers every component of the pages

# [ark]
# naan = "99999"                               # 99999 is for tests; ask the ARK Alliance for yours

# [datacite]
# url = "https://api.datacite.org"
# user = "INSTITUTE.REPOSITORY"
# password_file = "/etc/dop2i/datacite"
# prefix = "10.12345"

# [mail]
# host = "smtp.example.org"                    # without a host, mails are kept and shown to the administrator
# port = 587
# tls = "starttls"                             # "starttls", "tls" (from the first byte, port 465) or "none"
# user = "dop2i"
# password_file = "/etc/dop2i/smtp"
# sender = "Open data <data@example.org>"
# digest_hour = 6                              # from this hour on (UTC) the daily digests leave

# [harvest]
# contact = "data@example.org"                 # told to the sources in User-Agent; the default is contact above
# allow_private = false                        # true: sources on private and local addresses may be asked
# hosts = ["oai.lab.example.org"]              # these hosts may be private
# folders = ["/srv/records"]                   # local folders that may be harvested, beside harvest/ in this folder
# answer_bytes = 268_435_456                   # the largest answer that is read
# check_links = true                           # whether addresses that records point to are looked at once a month

# [lookup]                                     # registries that a deposit may ask; what is typed is sent to them
# registries = ["doi", "inspire", "hal"]       # add "orcid" and "ror" to complete names while somebody types
# addresses.doi = "https://doi.org"            # a mirror of one of them

# [limits]
# file_bytes = 0                               # the largest file, 0 for no limit
# description_seconds = 120                    # how long a reader may work on one file
# description_bytes = 6_000_000_000            # how much address space a reader may take
# smallest_cell = 5                            # smaller cells of tables declared as health data stop a publication
# withdrawal_days = 30                         # how long owners withdraw by themselves (0: never, -1: always)

# [[sign_in]]                                  # an OpenID provider; several may stand here (docs/operator/sign-in.md)
# name = "escape"
# title = "ESCAPE IAM"
# issuer = "https://iam-escape.cloud.cnaf.infn.it/"
# client_id = "…"
# client_secret_file = "/etc/dop2i/escape"

# [[rules]]                                    # what a claim gives; try it with: dop2i check access --claims FILE
# claim = "wlcg.groups"
# match = "/escape/ams"
# gives = ["group:ams", "community:ams:contributor"]

# [privacy]
# address_days = 90                            # how long the journal keeps whole network addresses
"""


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one instance; 0 means none. Bytes, seconds, days."""

    file_bytes: int = 0
    files_in_record: int = 1_000_000
    description_seconds: int = 120
    description_bytes: int = 6_000_000_000
    upload_days: int = 7
    smallest_cell: int = 5
    withdrawal_days: int = 30


@dataclass(frozen=True, slots=True)
class Mail:
    """The mail server; without ``host`` mails are kept for the administrator. ``tls``: starttls, tls or none."""

    host: str = ""
    port: int = 587
    tls: str = "starttls"
    user: str = ""
    password: str = field(default="", repr=False)
    password_file: str = ""
    sender: str = ""
    digest_hour: int = 6
    seconds: int = 30

    @property
    def secret(self) -> str:
        """The password, from its file where one is named."""
        if not self.password_file:
            return self.password
        try:
            return Path(self.password_file).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise InvalidInput(f"password_file of [mail], {self.password_file}, cannot be read: {error}.") from error


@dataclass(frozen=True, slots=True)
class Privacy:
    """For how many days the journal keeps the whole addresses of those who acted; 0 keeps only their networks."""

    address_days: int = 90


@dataclass(frozen=True, slots=True)
class Harvest:
    """What harvests may reach. ``hosts`` and ``folders`` are exceptions to "public addresses only"."""

    contact: str = ""
    allow_private: bool = False
    hosts: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    answer_bytes: int = 268_435_456
    check_links: bool = True


@dataclass(frozen=True, slots=True)
class Lookup:
    """Which registries may be asked while an object is described, and where. Names: orcid, ror, doi, inspire, hal."""

    registries: tuple[str, ...] = ("doi", "inspire", "hal")
    addresses: dict[str, str] = field(default_factory=dict)


REGISTRIES = ("orcid", "ror", "doi", "inspire", "hal")


@dataclass(frozen=True, slots=True)
class Configuration:
    """The settings of one instance, read once at its start."""

    home: Path
    title: str = "dop2i"
    public_url: str = ""
    contact: str = ""
    allowed_hosts: tuple[str, ...] = ()
    trusted_proxies: tuple[str, ...] = ()
    database_url: str = ""
    x_accel_prefix: str = ""
    debug: bool = False
    ark: dict[str, Any] = field(default_factory=dict)
    datacite: dict[str, Any] = field(default_factory=dict)
    mail: Mail = field(default_factory=Mail)
    harvest: Harvest = field(default_factory=Harvest)
    lookup: Lookup = field(default_factory=Lookup)
    limits: Limits = field(default_factory=Limits)
    privacy: Privacy = field(default_factory=Privacy)
    sign_in: tuple[Provider, ...] = ()
    rules: tuple[Rule, ...] = ()

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
        "contact",
        "allowed_hosts",
        "trusted_proxies",
        "database_url",
        "x_accel_prefix",
        "debug",
        "ark",
        "datacite",
        "mail",
        "harvest",
        "lookup",
        "limits",
        "privacy",
        "sign_in",
        "rules",
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
        contact=str(values.get("contact", "")).strip(),
        allowed_hosts=tuple(values.get("allowed_hosts", ())),
        trusted_proxies=tuple(values.get("trusted_proxies", ())),
        database_url=str(os.environ.get("DOP2I_DATABASE_URL") or values.get("database_url", "")),
        x_accel_prefix=str(values.get("x_accel_prefix", "")),
        debug=values.get("debug") is True or os.environ.get("DOP2I_DEBUG") == "1",
        ark=dict(values.get("ark", {})),
        datacite=dict(values.get("datacite", {})),
        mail=_mail(values.get("mail", {}), path=path),
        harvest=_harvest(values.get("harvest", {}), path=path),
        lookup=_lookup(values.get("lookup", {}), path=path),
        limits=Limits(**limits),
        privacy=_privacy(path, values.get("privacy", {})),
        sign_in=read_providers(_tables(path, "sign_in", values)),
        rules=read_rules(_tables(path, "rules", values)),
    )


def _tables(path: Path, name: str, values: dict[str, Any]) -> list[dict[str, Any]]:
    """The tables ``[[name]]`` of the configuration."""
    found = values.get(name, [])
    if not isinstance(found, list) or not all(isinstance(entry, dict) for entry in found):
        raise InvalidInput(f"{name} of {path} is not a list of tables.", hint=f"Write [[{name}]].")
    return found


def _harvest(values: dict[str, Any], *, path: Path) -> Harvest:
    """The ``[harvest]`` of the configuration. Raises ``InvalidInput`` for an unknown key."""
    for key in values:
        if key not in Harvest.__dataclass_fields__:
            known = ", ".join(Harvest.__dataclass_fields__)
            raise InvalidInput(f"{path} has an unknown key {key!r} in [harvest].", hint=f"Known keys: {known}.")
    lists = {key: tuple(map(str, values[key])) for key in ("hosts", "folders") if key in values}
    return Harvest(**{**values, **lists})


def _lookup(values: dict[str, Any], *, path: Path) -> Lookup:
    """The ``[lookup]`` of the configuration. Raises ``InvalidInput`` for a registry that is not known."""
    for key in values:
        if key not in Lookup.__dataclass_fields__:
            known = ", ".join(Lookup.__dataclass_fields__)
            raise InvalidInput(f"{path} has an unknown key {key!r} in [lookup].", hint=f"Known keys: {known}.")
    named = [str(name) for name in values.get("registries", Lookup().registries)]
    addresses = {str(name): str(url).rstrip("/") for name, url in dict(values.get("addresses", {})).items()}
    for name in (*named, *addresses):
        if name not in REGISTRIES:
            raise InvalidInput(f"{path}: {name!r} is no registry of [lookup].", hint=f"Known: {', '.join(REGISTRIES)}.")
    return Lookup(registries=tuple(named), addresses=addresses)


_CONTROLS = frozenset(chr(code) for code in (*range(32), 127))


def _mail(values: dict[str, Any], *, path: Path) -> Mail:
    """The ``[mail]`` of the configuration. Raises ``InvalidInput`` for what sends nothing, or a secret in clear."""
    for key in values:
        if key not in Mail.__dataclass_fields__:
            known = ", ".join(Mail.__dataclass_fields__)
            raise InvalidInput(f"{path} has an unknown key {key!r} in [mail].", hint=f"Known keys: {known}.")
    defaults = {"tls": "tls"} if values.get("port") == 465 else {}
    mail = Mail(**{**defaults, **values})
    if mail.tls not in ("starttls", "tls", "none"):
        raise InvalidInput(f"{path}: tls in [mail] is {mail.tls!r}.", hint='Use "starttls", "tls" or "none".')
    if mail.tls == "none" and mail.user and mail.host not in ("localhost", "127.0.0.1", "::1"):
        raise InvalidInput(f"{path}: [mail] would send a password in clear to {mail.host}.", hint='Set tls="starttls".')
    if mail.password_file and not Path(mail.password_file).is_file():
        raise InvalidInput(f"{path}: password_file in [mail] names {mail.password_file}, which is not there.")
    if not 0 <= mail.digest_hour <= 23:
        raise InvalidInput(f"{path}: digest_hour in [mail] is {mail.digest_hour}, not an hour from 0 to 23.")
    if mail.host and ("@" not in mail.sender or _CONTROLS & set(mail.sender)):
        raise InvalidInput(
            f"{path}: [mail] has a host but no usable sender.", hint='sender = "Data <data@example.org>"'
        )
    return mail


def _privacy(path: Path, values: dict[str, Any]) -> Privacy:
    for key in values:
        if key not in Privacy.__dataclass_fields__:
            raise InvalidInput(f"{path} has an unknown key privacy.{key}.", hint="Known: address_days.")
    days = values.get("address_days", Privacy().address_days)
    if not isinstance(days, int) or isinstance(days, bool) or not 0 <= days <= 3650:
        raise InvalidInput(f"{path}: privacy.address_days is {days!r}.", hint="Give days from 0 to 3650.")
    return Privacy(address_days=days)


def database_settings(configuration: Configuration) -> dict[str, Any]:
    """Django's ``DATABASES["default"]`` for this instance.

    SQLite keeps a write-ahead log, so that readers never wait for the writer; a writer takes its lock when its
    transaction begins (IMMEDIATE), so that it waits its turn instead of failing half-way. ``synchronous=FULL``
    flushes the log at each commit (a fraction of a millisecond on an SSD): what was acknowledged outlives a power
    cut, not only a killed process, as the files themselves do, which are flushed before they are acknowledged. The
    log goes into the database every 16 MB: who writes thousands of rows would else flush both at each commit.
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
                    "PRAGMA cache_size=-16000; PRAGMA temp_store=MEMORY; PRAGMA wal_autocheckpoint=4000;"
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
