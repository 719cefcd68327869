"""What is said to an OpenSearch cluster: its address, credentials, retries, and errors in one line.

Credentials never stand in an address, on a command line or in a message: they come from the environment or from a
file that only its owner can read.
"""

import base64
import os
import re
import ssl
import stat
import sys
import time
import tomllib
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple, Self
from urllib.parse import urlsplit

import platformdirs
import urllib3
from opensearchpy import Transport, Urllib3HttpConnection
from opensearchpy.exceptions import (
    AuthenticationException,
    AuthorizationException,
    ConnectionTimeout,
    NotFoundError,
    SSLError,
    TransportError,
)
from opensearchpy.exceptions import ConnectionError as NoConnectionError

from searchkit.errors import IndexStateError, IndexUnavailableError, InputError

# What OpenSearch allows, but shorter: suffixes follow (docs/opensearch.md).
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,199}")
_HOST: Final = re.compile(r"(\[[0-9a-fA-F:.]+\]|[^\s:/@\[\]]+)(?::(\d{1,5}))?")
_PORT: Final = 9200
_PREFIX: Final = "SEARCHKIT_OPENSEARCH_"
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "[::1]"})
# Seconds.
_CONNECT: Final = 5.0
_FIRST_DELAY: Final = 0.1
_LONGEST_DELAY: Final = 5.0
_DEAD_FOR: Final = 2.0
_CONNECTIONS: Final = 8
# The cluster is busy, or on its way to be whole again.
_BUSY: Final = frozenset({429, 502, 503, 504})


class Address(NamedTuple):
    """Where an index is in a cluster.

    Attributes:
        scheme: ``http`` or ``https``.
        hosts: each ``name:port``; a request goes to any of them.
        name: of the index.
    """

    scheme: str
    hosts: tuple[str, ...]
    name: str

    @classmethod
    def parse(cls, location: str) -> Self:
        """Read ``https://host:9200/articles``; several hosts are separated by commas.

        Raises:
            InputError: it is none, or holds credentials, which the message does not repeat.
        """
        scheme, _, rest = location.partition("://")
        hosts, _, name = rest.partition("/")
        shown = f"{scheme}://{hosts.rpartition('@')[2]}/{name}"
        if "@" in hosts:
            raise InputError(
                f"{shown}: leave user and password out of the address; set {_PREFIX}USER and {_PREFIX}PASSWORD"
            )
        if scheme not in {"http", "https"}:
            raise InputError(
                f"{shown}: the address of an index is http://HOST:PORT/NAME or https://HOST:PORT/NAME"
            )
        name = name.rstrip("/")
        if not _NAME.fullmatch(name):
            raise InputError(
                f"{shown}: name the index after the host, in small letters, digits, '-', '_' and '.', "
                f"as in {scheme}://{hosts or 'localhost:9200'}/articles"
            )
        found = []
        for host in hosts.split(","):
            match = _HOST.fullmatch(host)
            if not match or int(match[2] or _PORT) > 65_535:
                raise InputError(f"{shown}: {host!r} is no host, nor a host with a port")
            found.append(f"{match[1]}:{match[2] or _PORT}")
        return cls(scheme, tuple(found), name)

    def __str__(self) -> str:
        return f"{self.scheme}://{','.join(self.hosts)}/{self.name}"

    @property
    def is_open_to_others(self) -> bool:
        """Whether what is sent can be read on the way."""
        return self.scheme == "http" and not all(_hostname(host) in _LOOPBACK for host in self.hosts)


class Configuration(NamedTuple):
    """How to reach a cluster, and how to make an index there.

    Attributes:
        user: to log in as; None for a cluster that asks nobody.
        password: of the user.
        ca_cert: file of the authority that signed the cluster's certificate; None for those the system trusts.
        client_cert: file of our own certificate, where the cluster wants one.
        client_key: file of its key.
        timeout: seconds to wait for an answer.
        patience: seconds to go on trying where the cluster is busy or not whole.
        shards: of a new index.
        replicas: copies of each shard besides the first, of a new index.
    """

    user: str | None = None
    password: str | None = None
    ca_cert: str | None = None
    client_cert: str | None = None
    client_key: str | None = None
    timeout: float = 30.0
    patience: float = 60.0
    shards: int = 1
    replicas: int = 1

    @classmethod
    def read(cls, address: Address) -> Self:
        """Read the file of settings and the environment, which comes first.

        The file is ``$SEARCHKIT_OPENSEARCH_CONFIG``, else ``opensearch.toml`` in the folder of the platform for
        settings of searchkit. A table named for a host holds for that host.

        Raises:
            InputError: the file is not valid or can be read by others, or a value cannot be used.
        """
        named = os.environ.get(f"{_PREFIX}CONFIG")
        file = Path(named) if named else Path(platformdirs.user_config_dir("searchkit"), "opensearch.toml")
        found = _from_file(file, address) if named or file.is_file() else {}
        for name in cls._fields:
            value = os.environ.get(f"{_PREFIX}{name.upper()}")
            if value:
                found[name] = (value, f"{_PREFIX}{name.upper()}")
        values: dict[str, Any] = {name: _converted(name, value, where) for name, (value, where) in found.items()}
        made = cls(**values)
        if (made.user is None) != (made.password is None):
            raise InputError(f"{address}: set both {_PREFIX}USER and {_PREFIX}PASSWORD, or none of them")
        if made.user is not None and address.is_open_to_others:
            raise InputError(f"{address}: a password is not sent over http; use https")
        return made


def _from_file(file: Path, address: Address) -> dict[str, tuple[object, str]]:
    try:
        with file.open("rb") as stream:
            mode = os.fstat(stream.fileno()).st_mode
            data = tomllib.load(stream)
    except OSError as error:
        raise InputError(f"{file}: cannot be read ({error.strerror})") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        # The reason may quote a line, and the line may be the password's.
        raise InputError(f"{file}: is not valid TOML") from None
    found: dict[str, object] = {name: value for name, value in data.items() if not isinstance(value, dict)}
    for host in address.hosts:
        for name in (_hostname(host), host):
            table = data.get(name)
            found |= table if isinstance(table, dict) else {}
    if unknown := found.keys() - set(Configuration._fields):
        known = ", ".join(Configuration._fields)
        raise InputError(f"{file}: {min(unknown)!r} is no setting; there are {known}")
    if "password" in found and sys.platform != "win32" and mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise InputError(f"{file}: holds a password and can be read by others; run: chmod 600 {file}")
    return {name: (value, f"{file}: {name}") for name, value in found.items()}


def _converted(name: str, value: object, where: str) -> object:
    default = Configuration._field_defaults[name]
    if default is None:
        if not isinstance(value, str):
            raise InputError(f"{where} must be a text")
        return value
    kind = type(default)
    try:
        number = kind(str(value))
    except ValueError:
        number = -1
    if number < 0 or (number == 0 and name != "replicas"):
        raise InputError(f"{where} must be a number above 0, not {value!r}")
    return number


def _hostname(host: str) -> str:
    return host.rpartition(":")[0]


class Cluster:
    """The connections to a cluster, shared by threads.

    Args:
        address: where the index is.
        configuration: None for what the environment and the file of settings say.

    Raises:
        InputError: credentials or certificates cannot be used.
    """

    def __init__(self, address: Address, configuration: Configuration | None = None) -> None:
        self.address = address
        self.configuration = configuration = configuration or Configuration.read(address)
        headers = {}
        if configuration.user is not None:
            pair = f"{configuration.user}:{configuration.password}".encode()
            headers["authorization"] = f"Basic {base64.b64encode(pair).decode()}"
        options: dict[str, Any] = {"ssl_context": _context(configuration)} if address.scheme == "https" else {}
        self._transport = Transport(
            [_host(address.scheme, host) for host in address.hosts],
            connection_class=Urllib3HttpConnection,
            # Each host once; what comes after that is decided here.
            max_retries=len(address.hosts) - 1,
            retry_on_status=(),
            retry_on_timeout=True,
            dead_timeout=_DEAD_FOR,
            pool_maxsize=_CONNECTIONS,
            headers=headers,
            timeout=urllib3.Timeout(connect=min(_CONNECT, configuration.timeout), read=configuration.timeout),
            **options,
        )

    def request(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        params: Mapping[str, str] | None = None,
        expected: Collection[int] = (),
        writing: bool = False,
    ) -> Any:
        """Ask the cluster, again where it is busy, not whole or not there, for a bounded time.

        Args:
            method: of HTTP.
            path: what follows the host.
            body: JSON, or bytes as they are.
            params: of the URL.
            expected: statuses besides 2xx that the caller understands.
            writing: the request changes something, and may be sent twice: lost answers are asked for again, and
                all of the patience is spent. What only reads gives up where no host can be reached.

        Returns:
            The answer, and of an expected status the error with its ``status``.

        Raises:
            IndexUnavailableError: the cluster does not answer, or refuses.
            IndexStateError: it cannot do what was asked.
        """
        begun = time.monotonic()
        delay = _FIRST_DELAY
        while True:
            try:
                return self._transport.perform_request(method, path, params=params, body=body)
            except TransportError as error:
                if error.status_code in expected:
                    return {"status": error.status_code, **(error.info if isinstance(error.info, dict) else {})}
                told = self._told(error)
                spent = time.monotonic() - begun
                if not _passes(error, writing) or spent + delay > self._patience(error, writing):
                    raise told from None
            time.sleep(delay)
            delay = min(delay * 2, _LONGEST_DELAY)

    def close(self) -> None:
        """Let go of the connections."""
        self._transport.close()

    def unavailable(self, reason: str) -> IndexUnavailableError:
        """Return the error for a cluster that cannot answer now."""
        return IndexUnavailableError(f"{self.address}: {reason}")

    def _patience(self, error: TransportError, writing: bool) -> float:
        patience = self.configuration.patience
        if writing:
            return patience
        return min(patience, _CONNECT if isinstance(error, NoConnectionError) else self.configuration.timeout)

    def _told(self, error: TransportError) -> IndexStateError:
        """Return an error of ours for one of the library's."""
        if isinstance(error, SSLError) or "CERTIFICATE_VERIFY_FAILED" in str(error):
            return self.unavailable(f"its certificate is not trusted; name the authority's with {_PREFIX}CA_CERT")
        if isinstance(error, ConnectionTimeout):
            return self.unavailable(f"no answer within {self.configuration.timeout:g} s; try again later")
        if isinstance(error, NoConnectionError):
            return self.unavailable("no host of the cluster can be reached; is it running?")
        if isinstance(error, AuthenticationException):
            return self.unavailable(
                f"the cluster refuses the user or password (401); set {_PREFIX}USER and {_PREFIX}PASSWORD"
            )
        reason = reason_of(error.info) or f"status {error.status_code}"
        if is_full(error.info):
            return self.full()
        if isinstance(error, AuthorizationException):
            return self.unavailable(f"the cluster does not allow it (403): {reason}")
        if error.status_code == 429:
            return self.unavailable(f"the cluster is too busy (429): {reason}; try again later")
        if error.status_code in _BUSY:
            return self.unavailable(f"the cluster is not whole ({error.status_code}): {reason}; try again later")
        if isinstance(error, NotFoundError):
            return IndexStateError(f"{self.address}: {reason} (404); index the articles again")
        return IndexStateError(f"{self.address}: the cluster cannot do this ({error.status_code}): {reason}")

    def full(self) -> IndexUnavailableError:
        """Return the error for disks that are full."""
        return self.unavailable("the disks of the cluster are full and it takes no more (flood stage); free some")


def reason_of(info: object) -> str:
    """Return the innermost reason of an answer's error, in one line; empty if it tells none."""
    found = info.get("error", info) if isinstance(info, dict) else info
    while isinstance(found, dict):
        causes = found.get("root_cause") or found.get("failed_shards") or ()
        inner = found.get("caused_by") or (causes[0] if causes else None)
        if isinstance(inner, dict) and inner != found:
            found = inner.get("reason", inner) if isinstance(inner.get("reason"), dict) else inner
            continue
        found = found.get("reason") or found.get("type") or ""
    text = " ".join(str(found or "").split())
    return text if len(text) <= 200 else f"{text[:199]}…"


def is_full(info: object) -> bool:
    """Tell whether an error is the block that a cluster sets where its disks are full."""
    return "flood-stage" in str(info) or "read-only-allow-delete" in str(info)


def _passes(error: TransportError, writing: bool) -> bool:
    """Tell whether another try may help."""
    if isinstance(error, SSLError) or is_full(error.info):
        return False
    if isinstance(error, ConnectionTimeout):
        return writing
    return isinstance(error, NoConnectionError) or error.status_code in _BUSY


def _host(scheme: str, host: str) -> dict[str, object]:
    parts = urlsplit(f"{scheme}://{host}")
    return {"host": parts.hostname, "port": parts.port, "use_ssl": scheme == "https"}


def _context(configuration: Configuration) -> ssl.SSLContext:
    for name in ("ca_cert", "client_cert", "client_key"):
        file = getattr(configuration, name)
        if file is not None and not Path(file).is_file():
            raise InputError(f"{file}: there is no such file ({_PREFIX}{name.upper()})")
    try:
        context = ssl.create_default_context(cafile=configuration.ca_cert)
        if configuration.client_cert:
            context.load_cert_chain(configuration.client_cert, configuration.client_key)
    except (OSError, ssl.SSLError) as error:
        raise InputError(f"the certificates of the OpenSearch settings cannot be used ({error})") from error
    return context
