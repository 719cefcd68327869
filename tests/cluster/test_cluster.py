"""The cluster that other tests rely on: three processes, which can be killed and come back with their data."""

import os
import ssl
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from cluster import Cluster, ClusterError


def test_three_nodes_are_three_processes(cluster: Cluster) -> None:
    names = {node["name"] for node in cluster.request("GET", "/_cat/nodes?format=json")}
    assert names == {"node0", "node1", "node2"}
    assert len(set(cluster.pids)) == 3
    assert os.getpid() not in cluster.pids


def test_a_killed_node_comes_back_with_its_data(breakable: Cluster) -> None:
    cluster = breakable
    cluster.request("PUT", "/kept", {"settings": {"number_of_shards": 3, "number_of_replicas": 1}})
    # What is written before a replica is there, only one node has.
    cluster.wait_for("green")
    for number in range(20):
        cluster.request("PUT", f"/kept/_doc/{number}", {"number": number})
    cluster.kill(1)
    with pytest.raises(OSError, match="refused"):
        cluster.request("GET", "/", node=1)
    cluster.wait_for("yellow")
    cluster.request("POST", "/kept/_refresh")
    assert cluster.request("GET", "/kept/_count", node=2)["count"] == 20
    cluster.restart(1)
    cluster.wait_for("green")
    assert cluster.request("GET", "/kept/_count", node=1)["count"] == 20
    cluster.request("DELETE", "/kept")


def test_repair_undoes_what_a_test_did(breakable: Cluster) -> None:
    cluster = breakable
    cluster.request("PUT", "/_cluster/settings", {"persistent": {"search.max_buckets": 10}})
    cluster.kill(0)
    cluster.pause(2)
    cluster.repair()
    assert cluster.request("GET", "/_cluster/settings", node=0) == {"persistent": {}, "transient": {}}


def test_a_node_that_does_not_start_says_why(cluster: Cluster, tmp_path: Path) -> None:
    with pytest.raises(ClusterError, match=r"no\.such\.setting"):
        Cluster(tmp_path, nodes=1, settings={"no.such.setting": 1}).start()


def test_stopped_nodes_are_gone(cluster: Cluster, tmp_path: Path) -> None:
    with Cluster(tmp_path, nodes=1) as other:
        (pid,) = other.pids
        assert pid is not None
        assert Path(f"/proc/{pid}/stat").exists()
    assert not Path(f"/proc/{pid}/stat").exists()


def test_a_secured_node_lets_in_who_it_knows(secured: Cluster) -> None:
    with pytest.raises(urllib.error.URLError, match="CERTIFICATE_VERIFY_FAILED"):
        urllib.request.urlopen(secured.urls[0])
    trusting = ssl.create_default_context(cafile=secured.certificate)
    with pytest.raises(urllib.error.HTTPError, match="401") as refused:
        urllib.request.urlopen(secured.urls[0], context=trusting)
    refused.value.close()
    assert secured.request("GET", "/_plugins/_security/authinfo")["user_name"] == "admin"
