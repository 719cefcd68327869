"""A real OpenSearch cluster on loopback, each node a process of its own, from the artifacts of Maven Central.

    with Cluster(folder) as cluster:      # three nodes
        cluster.urls                      # ["http://127.0.0.1:40123", ...]
        cluster.kill(1)                   # SIGKILL, as when a machine fails
        cluster.restart(1)                # on the same ports, with the data that it had
        cluster.wait_for("green")

Needs `java` (17 or later) and `mvn`. Maven keeps what it downloads: the first start takes minutes, others seconds.
"""

import base64
import contextlib
import http.client
import json
import random
import secrets
import shutil
import signal
import socket
import ssl
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any, Self

from distribution import ClusterError, Distribution, distribution, missing_tools, security_settings

__all__ = ["Cluster", "ClusterError", "missing_tools"]

STATUSES = ("red", "yellow", "green")
# Of one node until it answers. On two busy cores three Java processes that start at once take most of a minute.
STARTS_WITHIN = 180.0


class Cluster:
    """Nodes on free ports of 127.0.0.1 that know each other and hear loopback only.

    Args:
        folder: Gets one folder for each node, with its data and `node.log`.
        nodes: How many, each able to be elected and to hold data.
        heap: Java heap of each node, as in `-Xmx`.
        secure: With the security plugin: HTTPS, and users who have to say who they are.
        settings: Of every node, beside those that make it part of the cluster.

    Attributes:
        users: Passwords of `admin` and `reader`, if secure.
    """

    def __init__(
        self,
        folder: Path,
        nodes: int = 3,
        *,
        heap: str = "512m",
        secure: bool = False,
        settings: Mapping[str, Any] | None = None,
    ) -> None:
        self.folder = folder
        self._heap = heap
        self._settings = dict(settings or {})
        ports = _free_ports(2 * nodes)
        self._http = ports[:nodes]
        self._transport = ports[nodes:]
        self._processes: list[subprocess.Popen[bytes] | None] = [None] * nodes
        self._distribution: Distribution | None = None
        self.users = {name: secrets.token_urlsafe(16) for name in ("admin", "reader")} if secure else {}

    @property
    def urls(self) -> list[str]:
        """The address of each node, also of one that was killed."""
        scheme = "https" if self.users else "http"
        return [f"{scheme}://127.0.0.1:{port}" for port in self._http]

    @property
    def certificate(self) -> Path:
        """The authority that signed the nodes' certificates, as PEM; there is one if secure."""
        return self._home(0) / "config" / "authority.pem"

    @property
    def pids(self) -> list[int | None]:
        """The process of each node; None of one that was killed."""
        return [process and process.pid for process in self._processes]

    def start(self) -> Self:
        """Start every node and wait until all have joined.

        Raises:
            ClusterError: one of them does not come up, with the end of its log.
        """
        self._distribution = distribution()
        if self.users:
            self._secure()
        try:
            for node in range(len(self._processes)):
                self._launch(node)
            self.wait_for("green")
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """End every node. The folder stays."""
        # Not asked to close in order: nobody reads the data again.
        for process in self._processes:
            if process is not None:
                process.kill()
        for node, process in enumerate(self._processes):
            if process is not None:
                process.communicate()
                self._processes[node] = None

    def kill(self, node: int) -> None:
        """End a node at once, with what it had in memory."""
        process = self._process(node)
        process.kill()
        process.communicate()
        self._processes[node] = None

    def restart(self, node: int, *, wait: bool = True) -> None:
        """Start a node that was killed; by default, wait until all that run have it among them."""
        if self._processes[node] is not None:
            raise ClusterError(f"node {node} runs")
        self._launch(node)
        if wait:
            self.wait_for("yellow")

    def repair(self) -> None:
        """Start what was killed, let go on what was paused, undo settings and wait for all."""
        for node, process in enumerate(self._processes):
            if process is None:
                self._launch(node)
            else:
                self.resume(node)
        self.wait_for("red")
        self.request("PUT", "/_cluster/settings", {"persistent": {"*": None}, "transient": {"*": None}})
        self.wait_for("green")

    def pause(self, node: int) -> None:
        """Stop a node's process without ending it: its connections stay open, and nothing answers."""
        self._process(node).send_signal(signal.SIGSTOP)

    def resume(self, node: int) -> None:
        """Let a paused node go on."""
        self._process(node).send_signal(signal.SIGCONT)

    def wait_for(self, status: str = "green", *, nodes: int | None = None, within: float = STARTS_WITHIN) -> None:
        """Wait until the cluster has a status or a better one, all its nodes, and no shard on the move.

        Args:
            status: `green`, `yellow` or `red`.
            nodes: How many have to be there; by default as many as run.
            within: Seconds.

        Raises:
            ClusterError: it has not within that time, with its health, or the log of a node that ended.
        """
        wanted = sum(process is not None for process in self._processes) if nodes is None else nodes
        deadline = time.monotonic() + within
        health: Any = None
        while time.monotonic() < deadline:
            for node, process in enumerate(self._processes):
                if process is not None and process.poll() is not None:
                    raise ClusterError(f"node {node} ended with {process.returncode}:\n{self.log(node)[-4000:]}")
            try:
                health = self.request("GET", "/_cluster/health?local=false&cluster_manager_timeout=5s")
            except (OSError, ClusterError) as error:
                health = error
            else:
                if (
                    STATUSES.index(health["status"]) >= STATUSES.index(status)
                    and health["number_of_nodes"] == wanted
                    and not health["relocating_shards"]
                    and not health["number_of_in_flight_fetch"]
                ):
                    return
            time.sleep(0.1)
        raise ClusterError(f"the cluster is not {status} with {wanted} nodes after {within:g} s: {health}")

    def request(
        self, method: str, path: str, body: object = None, *, node: int | None = None, timeout: float = 30.0
    ) -> Any:
        """Ask a node, by default the first that runs; the JSON of its answer.

        Raises:
            ClusterError: the answer is an error.
            OSError: there is none.
        """
        if node is None:
            node = next(at for at, process in enumerate(self._processes) if process is not None)
        asked = urllib.request.Request(
            self.urls[node] + path,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
            method=method,
        )
        context = None
        if self.users:
            context = ssl.create_default_context(cafile=self.certificate)
            said_so = base64.b64encode(f"admin:{self.users['admin']}".encode()).decode()
            asked.add_header("Authorization", f"Basic {said_so}")
        try:
            with urllib.request.urlopen(asked, timeout=timeout, context=context) as answer:
                said = answer.read()
        except urllib.error.HTTPError as error:
            with error:
                raise ClusterError(f"{method} {path}: {error.code} {error.read().decode()}") from None
        except http.client.HTTPException as error:
            raise OSError(f"{method} {path}: {error!r}") from error
        return json.loads(said) if said else None

    def log(self, node: int) -> str:
        """What a node has said so far, in all its lives."""
        return (self._home(node) / "node.log").read_text(errors="replace")

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _home(self, node: int) -> Path:
        return self.folder / f"node{node}"

    def _process(self, node: int) -> "subprocess.Popen[bytes]":
        process = self._processes[node]
        if process is None:
            raise ClusterError(f"node {node} does not run")
        return process

    def _secure(self) -> None:
        assert self._distribution is not None
        first, *others = [self._home(node) / "config" for node in range(len(self._processes))]
        first.mkdir(parents=True)
        self._distribution.write_security(first, self.users)
        for config in others:
            shutil.copytree(first, config)

    def _launch(self, node: int) -> None:
        assert self._distribution is not None
        home = self._home(node)
        for name in ("config", "data", "logs", "tmp"):
            (home / name).mkdir(parents=True, exist_ok=True)
        for name in ("modules", "plugins") if self.users else ("modules",):
            if not (home / name).exists():
                (home / name).symlink_to(getattr(self._distribution, name))
        # YAML has JSON in it.
        (home / "config" / "opensearch.yml").write_text(json.dumps(self._configuration(node), indent=2))
        log: IO[bytes]
        with (home / "node.log").open("ab") as log:
            self._processes[node] = subprocess.Popen(
                [
                    "java",
                    f"-Xms{self._heap}",
                    f"-Xmx{self._heap}",
                    # Three on two cores: threads that collect in parallel would only wait for each other.
                    "-XX:+UseSerialGC",
                    "-XX:-UsePerfData",
                    "-XX:+ExitOnOutOfMemoryError",
                    f"-Djava.io.tmpdir={home / 'tmp'}",
                    "-Dlog4j2.disable.jmx=true",
                    "-Dio.netty.noUnsafe=true",
                    "-Dio.netty.allocator.numDirectArenas=0",
                    "-cp",
                    self._distribution.class_path,
                    "ClusterNode",
                    str(home),
                ],
                # Open as long as this process lives: at its end the node ends too.
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=home,
                # Not the terminal's Ctrl-C: who started the nodes ends them.
                start_new_session=True,
            )

    def _configuration(self, node: int) -> dict[str, Any]:
        home = self._home(node)
        return {
            "cluster.name": "searchkit-tests",
            "node.name": f"node{node}",
            "path.data": str(home / "data"),
            "path.logs": str(home / "logs"),
            "network.host": "127.0.0.1",
            "http.port": self._http[node],
            "transport.port": self._transport[node],
            "discovery.seed_hosts": [f"127.0.0.1:{port}" for port in self._transport],
            "cluster.initial_cluster_manager_nodes": [f"node{at}" for at in range(len(self._http))],
            # How full the disk of this machine is must not matter; tests of a full one set their own.
            "cluster.routing.allocation.disk.watermark.low": "200mb",
            "cluster.routing.allocation.disk.watermark.high": "150mb",
            "cluster.routing.allocation.disk.watermark.flood_stage": "100mb",
            # Threads for a processor each, not for all of this machine in each of the nodes.
            "node.processors": 1,
            **(security_settings(home / "config") if self.users else {}),
            **self._settings,
        }


def _free_ports(count: int) -> list[int]:
    """Ports that nothing listens on, below those that the system hands out for connections.

    Fixed ones, because a node that restarts has to be found where it was; and none of those that another
    connection could have got in between.
    """
    ports: list[int] = []
    for port in random.sample(range(15_000, 32_000), 1_000):
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            ports.append(port)
        if len(ports) == count:
            return ports
    raise ClusterError("no free ports on 127.0.0.1 between 15000 and 32000")
