"""What a node is made of, from Maven Central, in the folders that OpenSearch expects; and what makes it secure."""

import fcntl
import json
import os
import secrets
import shutil
import subprocess
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parent
# A module has a class loader of its own: name, class, and how the names of its jars begin. Others: the server.
_MODULES = {
    "transport-netty4": ("org.opensearch.transport.Netty4Plugin", ("transport-netty4-", "netty-")),
    "analysis-common": ("org.opensearch.analysis.common.CommonAnalysisPlugin", ("analysis-common-",)),
    "reindex": (
        "org.opensearch.index.reindex.ReindexPlugin",
        ("reindex-", "opensearch-rest-client-", "opensearch-ssl-config-", "http", "commons-"),
    ),
    "lang-painless": (
        "org.opensearch.painless.PainlessPlugin",
        ("lang-painless-", "opensearch-scripting-painless-spi-", "antlr4-", "asm-"),
    ),
}
_SECURITY = "opensearch-security"


class ClusterError(Exception):
    """The cluster cannot be built or started, or is not what a test waited for."""


@dataclass(frozen=True)
class Distribution:
    """Folders that every node has links to.

    Attributes:
        class_path: Of the server and of `ClusterNode`.
        modules: Folder of the modules that every node has.
        plugins: Folder of the security plugin.
    """

    class_path: str
    modules: Path
    plugins: Path

    def write_security(self, config: Path, users: dict[str, str]) -> Path:
        """Write certificates and users, and the security plugin's own configuration, into a node's `config`.

        Args:
            config: That of the first node; the other nodes need a copy.
            users: Passwords of `admin`, who may do everything, and `reader`, who may read every index.

        Returns:
            The certificate of the authority that signed the node's, as PEM.
        """
        plugin = self.plugins / _SECURITY
        shutil.copytree(plugin / "config", config / _SECURITY, dirs_exist_ok=True)
        roles = {"admin": "admin", "reader": "readall"}
        known = {
            name: {"hash": self._hash(password), "backend_roles": [roles[name]]}
            for name, password in users.items()
        }
        meta = {"_meta": {"type": "internalusers", "config_version": 2}}
        (config / _SECURITY / "internal_users.yml").write_text(json.dumps(meta | known))
        return _write_certificates(config)

    def _hash(self, password: str) -> str:
        jars = os.pathsep.join([self.class_path, str(self.plugins / _SECURITY / "*")])
        return _run(
            ["java", "-cp", jars, "org.opensearch.security.tools.Hasher", "-env", "PASSWORD"], PASSWORD=password
        ).splitlines()[-1]


def missing_tools() -> list[str]:
    """Which of the programs that a cluster needs this machine has not."""
    return [name for name in ("java", "keytool", "mvn") if shutil.which(name) is None]


def distribution() -> Distribution:
    """Compile the node, resolve what it needs, and put it in place. Done once for all processes.

    Raises:
        ClusterError: Maven failed, with the end of what it said.
    """
    target = PROJECT / "target"
    resolved = target / "classpath.txt"
    with (PROJECT / "pom.xml").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not _is_current(resolved):
            _run(["mvn", "--batch-mode", "--quiet", "--file", str(PROJECT / "pom.xml"), "clean", "compile"])
            _unpack([Path(file) for file in resolved.read_text().strip().split(os.pathsep)], target)
        jars = [jar for jar in resolved.read_text().strip().split(os.pathsep) if _module_of(Path(jar)) is None]
    return Distribution(os.pathsep.join([str(target / "classes"), *jars]), target / "modules", target / "plugins")


def _is_current(resolved: Path) -> bool:
    if not (resolved.parent / "plugins").is_dir():
        return False
    made = resolved.stat().st_mtime
    sources = [PROJECT / "pom.xml", __file__, *(PROJECT / "src").rglob("*.*")]
    # Maven's cache may have been emptied since.
    files = resolved.read_text().strip().split(os.pathsep)
    return all(made >= Path(source).stat().st_mtime for source in sources) and all(map(os.path.isfile, files))


def _module_of(jar: Path) -> str | None:
    if jar.suffix == ".zip":
        return _SECURITY
    return next((name for name, (_, begins) in _MODULES.items() if jar.name.startswith(begins)), None)


def _unpack(files: Sequence[Path], target: Path) -> None:
    """Lay out the modules; as jars, they come without the file that describes them to the server."""
    version = next(file for file in files if _module_of(file) == _SECURITY).parent.name.rpartition(".")[0]
    for name, (entry, _) in _MODULES.items():
        folder = target / "modules" / name
        folder.mkdir(parents=True)
        described = {
            "name": name,
            "description": name,
            "version": version,
            "opensearch.version": version,
            "java.version": "11",
            "classname": entry,
        }
        text = "".join(f"{key}={value}\n" for key, value in described.items())
        (folder / "plugin-descriptor.properties").write_text(text)
        for file in files:
            if _module_of(file) == name:
                (folder / file.name).symlink_to(file)
    for file in files:
        if file.suffix == ".zip":
            with zipfile.ZipFile(file) as archive:
                archive.extractall(target / "unpacked" / _SECURITY)
    # In place all at once: who finds it, finds all of it.
    (target / "unpacked").rename(target / "plugins")


def _write_certificates(config: Path) -> Path:
    """Make an authority and a node's certificate that it signed: node.p12, trust.p12 and the authority as PEM."""
    password = secrets.token_hex(16)
    (config / "certificate-password").write_text(password)
    (config / "certificate-password").chmod(0o600)

    def keytool(store: str, *arguments: str) -> None:
        _run(
            [
                "keytool",
                *arguments,
                "-keystore",
                str(config / store),
                "-storetype",
                "PKCS12",
                "-storepass:env",
                "P",
            ],
            P=password,
        )

    key = ("-keyalg", "EC", "-groupname", "secp256r1", "-validity", "2")
    authority, request, signed = (str(config / name) for name in ("authority.pem", "node.csr", "node.pem"))
    keytool("authority.p12", "-genkeypair", "-alias", "authority", *key, "-dname", "CN=authority", "-ext", "bc:c")
    keytool("authority.p12", "-exportcert", "-alias", "authority", "-rfc", "-file", authority)
    keytool("trust.p12", "-importcert", "-noprompt", "-alias", "authority", "-file", authority)
    keytool("node.p12", "-genkeypair", "-alias", "node", *key, "-dname", "CN=node")
    keytool("node.p12", "-certreq", "-alias", "node", "-file", request)
    names = "san=ip:127.0.0.1,dns:localhost"
    keytool("authority.p12", "-gencert", "-alias", "authority", "-infile", request, "-outfile", signed, "-rfc",
            "-validity", "2", "-ext", names)  # fmt: skip
    keytool("node.p12", "-importcert", "-noprompt", "-alias", "authority", "-file", authority)
    keytool("node.p12", "-importcert", "-noprompt", "-alias", "node", "-file", signed)
    return config / "authority.pem"


def security_settings(config: Path) -> dict[str, object]:
    """The part of opensearch.yml that goes with `Distribution.write_security`."""
    password = (config / "certificate-password").read_text()
    settings: dict[str, object] = {
        "plugins.security.nodes_dn": ["CN=node"],
        "plugins.security.allow_default_init_securityindex": True,
        "plugins.security.audit.type": "noop",
        "plugins.security.ssl.http.enabled": True,
        "plugins.security.ssl.transport.enforce_hostname_verification": False,
    }
    for layer in ("transport", "http"):
        ssl = f"plugins.security.ssl.{layer}"
        settings |= {
            f"{ssl}.keystore_type": "PKCS12",
            f"{ssl}.keystore_filepath": "node.p12",
            f"{ssl}.keystore_alias": "node",
            f"{ssl}.keystore_password": password,
            f"{ssl}.truststore_type": "PKCS12",
            f"{ssl}.truststore_filepath": "trust.p12",
            f"{ssl}.truststore_alias": "authority",
            f"{ssl}.truststore_password": password,
        }
    return settings


def _run(command: Sequence[str], **environment: str) -> str:
    made = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ | environment)
    if made.returncode:
        raise ClusterError(f"{command[0]} failed:\n{(made.stdout + made.stderr)[-4000:]}")
    return made.stdout
