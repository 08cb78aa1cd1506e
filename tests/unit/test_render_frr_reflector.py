"""What FRR on reflectors is told, and how FRR is run."""

from __future__ import annotations

from typing import Any

import pytest

from hyperleaf.plan.clusters import plan
from hyperleaf.render.frr_daemons import daemon_manifests
from hyperleaf.render.frr_objects import frr_manifests
from hyperleaf.render.images import read_images
from unit.writing_estates import FABRIC, HUB, PROD, estate_of, network

RED = network("red", "vlan: 100, subnets: [172.20.100.0/24], attach: [{cluster: prod}]")
FOREIGN = FABRIC.replace("172.16.0.12}", "172.16.0.12, asn: 65100, password: {secret: bgp-dc-2}}")


def reflector(fabric: str) -> dict[str, Any]:
    """Return the reflectors' FRRConfiguration."""
    whole = plan(estate_of(fabric, HUB, PROD, RED))
    hub = next(one for one in whole.clusters if one.cluster.name == "hub")
    (made,) = frr_manifests(hub)
    spec: dict[str, Any] = made.value["spec"]
    return spec


def lines(fabric: str) -> list[str]:
    """Return the lines of its raw text, without their indentation."""
    return [line.strip() for line in reflector(fabric)["raw"]["rawConfig"].splitlines()]


def daemons(cluster: str, kind: str) -> dict[str, Any]:
    """Return the object of a kind that runs FRR in a cluster."""
    whole = plan(estate_of(FABRIC, HUB, PROD, RED))
    one = next(one for one in whole.clusters if one.cluster.name == cluster)
    return next(made.value for made in daemon_manifests(one) if made.kind == kind)


def test_only_machines_of_clusters_with_leaves_are_heard() -> None:
    heard = [line for line in lines(FABRIC) if line.startswith("bgp listen range")]
    assert heard == ["bgp listen range 10.0.16.0/20 peer-group hl-leaf"]


def test_no_number_of_leaves_is_too_many() -> None:
    assert "bgp listen limit 65535" in lines(FABRIC)


def test_borders_of_the_fabrics_own_as_are_clients() -> None:
    assert "neighbor 172.16.0.12 route-reflector-client" in lines(FABRIC)


def test_borders_of_another_as_are_no_clients() -> None:
    assert "neighbor 172.16.0.12 route-reflector-client" not in lines(FOREIGN)
    assert "neighbor 172.16.0.12 activate" in lines(FOREIGN)


def test_a_border_of_another_as_may_be_hops_away() -> None:
    own, foreign = reflector(FOREIGN)["bgp"]["routers"][0]["neighbors"]
    assert "ebgpMultiHop" not in own
    assert foreign["ebgpMultiHop"] is True


def test_a_password_comes_from_a_secret_in_the_namespace_that_is_read() -> None:
    foreign = reflector(FOREIGN)["bgp"]["routers"][0]["neighbors"][1]
    assert foreign["passwordSecret"] == {"name": "bgp-dc-2", "namespace": "frr-k8s-system"}
    assert "password" not in reflector(FOREIGN)["raw"]["rawConfig"]


def test_bfd_packets_may_have_crossed_routers() -> None:
    (profile,) = reflector(FABRIC)["bgp"]["bfdProfiles"]
    assert profile["minimumTtl"] == 1


def test_reflectors_listen_and_leaves_do_not() -> None:
    assert " -p 0 " not in daemons("hub", "ConfigMap")["data"]["daemons"]
    assert " -p 0 " in daemons("prod", "ConfigMap")["data"]["daemons"]


def test_no_taint_keeps_frr_from_a_leaf() -> None:
    pod = daemons("prod", "DaemonSet")["spec"]["template"]["spec"]
    assert pod["tolerations"] == [{"operator": "Exists"}]


def test_every_volume_that_is_mounted_exists() -> None:
    pod = daemons("hub", "DaemonSet")["spec"]["template"]["spec"]
    mounted = {
        mount["name"]
        for container in pod["initContainers"] + pod["containers"]
        for mount in container["volumeMounts"]
    }
    assert mounted == {volume["name"] for volume in pod["volumes"]}


def test_a_digest_is_pinned_by_its_name() -> None:
    images = read_images(["frr=mirror.example/frr@sha256:0"])
    assert images.frr == "mirror.example/frr@sha256:0"
    assert images.frr_k8s == "quay.io/metallb/frr-k8s:v0.0.25"


@pytest.mark.parametrize("text", ["frr", "frr=", "bird=quay.io/x"])
def test_an_image_that_nothing_runs_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="frr=REFERENCE"):
        read_images([text])
