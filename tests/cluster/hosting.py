"""Flags of `hcp create cluster kubevirt`: drawn, told as an estate, and what both make of them."""

from __future__ import annotations

import json
import shlex
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from hyperleaf.api import check
from hyperleaf.plan.clusters import plan
from hyperleaf.render.estate import manifests
from hyperleaf.values.units import Quantity
from judges import hcp

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from random import Random

Document = dict[str, Any]
Flags = dict[str, str | list[str] | bool]
KINDS = ("HostedCluster", "NodePool")
FILES = {
    "pull-secret.txt": '{"auths": {}}',
    "key.pub": "ssh-ed25519 AAAA test",
    "ca.pem": "a bundle of certificates",
    "mirrors.yaml": yaml.safe_dump(
        [{"source": "quay.io/a", "mirrors": ["mirror.example.com/a", "mirror.example.com/b"]}]
    ),
}
RELEASE = "quay.io/openshift-release-dev/ocp-release"


@dataclass(frozen=True, slots=True)
class Accepted:
    """A difference that is meant: where, whether these two values are it, and why."""

    path: str
    is_it: Callable[[Any, Any], bool]
    reason: str


def _same_amount(theirs: Any, ours: Any) -> bool:
    return bool(Quantity.read(theirs).bytes == Quantity.read(ours).bytes)


# Paths begin with the kind; `theirs` or `ours` is None where one side says nothing.
ACCEPTED = (
    Accepted(
        "HostedCluster.spec.infraID",
        lambda theirs, ours: ours is None and theirs is not None,
        "drawn anew at each call; without one in the facts HyperShift's operator draws it",
    ),
    Accepted(
        "HostedCluster.spec.infrastructureAvailabilityPolicy",
        lambda theirs, ours: (theirs, ours) == (None, "SingleReplica"),
        "written out: it is what the API server fills in",
    ),
    Accepted(
        "NodePool.spec.platform.kubevirt.networkInterfaceMultiqueue",
        lambda theirs, ours: (theirs, ours) == (None, "Disable"),
        "written out: newer definitions fill in Enable where nothing is said",
    ),
    Accepted(
        "NodePool.spec.platform.kubevirt.compute.memory",
        _same_amount,
        "the same amount, in the unit of the estate",
    ),
)


def differences(theirs: Document, ours: Document) -> list[str]:
    """Return what two objects of a kind say differently, but for what is accepted."""
    left, right = (dict(_leaves(one, one["kind"])) for one in (theirs, ours))
    return [
        f"{path}: hcp says {left.get(path)!r}, ours {right.get(path)!r}"
        for path in sorted(left.keys() | right.keys())
        if left.get(path) != right.get(path)
        and not any(
            one.path == path and one.is_it(left.get(path), right.get(path)) for one in ACCEPTED
        )
    ]


def _leaves(value: Document, kind: str) -> Iterator[tuple[str, Any]]:
    """Yield what is said at each path; what is empty says nothing, nor do marks and times."""
    about = dict(value["metadata"])
    about.pop("creationTimestamp", None)
    about["labels"] = {k: v for k, v in about.get("labels", {}).items() if "managed-by" not in k}
    about["annotations"] = {
        k: v
        for k, v in about.get("annotations", {}).items()
        if not k.startswith(("hyperleaf.dev/", "argocd.argoproj.io/"))
    }
    yield f"{kind}.apiVersion", value["apiVersion"]
    yield from _below(about, f"{kind}.metadata")
    yield from _below(value["spec"], f"{kind}.spec")


def _below(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, one in value.items():
            yield from _below(one, f"{path}.{key}")
    elif isinstance(value, list):
        for index, one in enumerate(value):
            yield from _below(one, f"{path}[{index}]")
    else:
        yield path, value


def made_by_hcp(words: list[str]) -> dict[tuple[str, str], Document]:
    """Return the objects of a command by kind and name."""
    return {
        (one["kind"], one["metadata"]["name"]): one
        for one in hcp.render(words, FILES)
        if one["kind"] in KINDS
    }


def made_by_us(*paths: Path, facts: Path | None = None) -> dict[tuple[str, str], Document]:
    """Return what an estate's hubs make; ValueError where it has errors."""
    loaded = check(*paths, facts=facts)
    if not loaded.is_sound:
        raise ValueError("\n".join(map(str, loaded.findings)))
    return {
        (one.kind, one.name): one.value
        for cluster in plan(loaded.estate).clusters
        for one in manifests(cluster)
        if one.kind in KINDS
    }


def words_of(command: str) -> list[str]:
    """Return the flags of a command as a document prints it, over several lines."""
    words = shlex.split(command.replace("\\\n", " "))
    return words[words.index("kubevirt") + 1 :]


def compare(chance: Random) -> str:
    """Draw flags; return what hcp and an estate that says the same make differently, or nothing."""
    flags = draw(chance)
    words = as_words(flags)
    with tempfile.TemporaryDirectory() as folder:
        estate, facts = Path(folder) / "estate.yaml", Path(folder) / "facts.yaml"
        estate.write_text(yaml.safe_dump_all(as_estate(flags), sort_keys=False))
        facts.write_text(yaml.safe_dump({"clusters": as_facts(flags)}))
        theirs, ours = made_by_hcp(words), made_by_us(estate, facts=facts)
    told = [f"only one makes {one}" for one in theirs.keys() ^ ours.keys()]
    for key in theirs.keys() & ours.keys():
        told += differences(theirs[key], ours[key])
    return "\n".join([*told, "hcp create cluster kubevirt " + shlex.join(words)]) if told else ""


def as_words(flags: Flags) -> list[str]:
    """Return flags as a command line."""
    words = []
    for name, value in flags.items():
        if value is True:
            words.append(f"--{name}")
        elif isinstance(value, list):
            words += [f"--{name}={one}" for one in value]
        elif isinstance(value, str):
            words.append(f"--{name}={value}")
    return words


def draw(chance: Random) -> Flags:
    """Return flags that go together, each there or not."""
    name = chance.choice(["a", "lvm-hcp", "cephfs-hcp", "h0", "a-b-c-1"])
    version = chance.choice(["4.16.18", "4.17.0", "4.18.2", "4.16.0-rc.3"])
    flags: Flags = {
        "name": name,
        "pull-secret": "pull-secret.txt",
        "release-image": f"{RELEASE}:{version}-{chance.choice(['x86_64', 'multi'])}",
    }
    for group in (_of_cluster(chance), _of_networks(chance), _of_nodes(chance), _of_disks(chance)):
        flags |= {flag: value for flag, value in group.items() if chance.random() < 0.6}
    if "additional-network" in flags and chance.random() < 0.5:
        flags["attach-default-network"] = "false"
    if "ReadWriteMany" in str(flags.get("root-volume-access-modes")):
        # A rule refuses them of one node's own disks.
        flags["root-volume-storage-class"] = "ocs-storagecluster-cephfs"
    return flags


def _labels(chance: Random) -> str:
    choices = ["node-role.kubernetes.io/infra=", "ocpvirt=host", "disk=fast", "a.b/c=d_e"]
    return ",".join(chance.sample(choices, chance.randint(1, 3)))


def _availability(chance: Random) -> str:
    return chance.choice(["HighlyAvailable", "SingleReplica"])


def _of_cluster(chance: Random) -> Flags:
    return {
        "namespace": chance.choice(["clusters", "hosted", "team-a"]),
        "infra-availability-policy": _availability(chance),
        "control-plane-availability-policy": _availability(chance),
        "node-selector": _labels(chance),
        "etcd-storage-class": chance.choice(["gp3-csi", "lvms-vg1"]),
        "fips": True,
        "olm-catalog-placement": chance.choice(["Management", "Guest"]),
        "olm-disable-default-sources": True,
        "ssh-key": "key.pub",
        "annotations": [
            f"hypershift.openshift.io/{name}=true"
            for name in chance.sample(["a", "b-c", "skip"], chance.randint(1, 3))
        ],
        "image-content-sources": "mirrors.yaml",
        "additional-trust-bundle": "ca.pem",
        "infra-id": f"infra-{chance.randint(1, 99)}",
    }


def _of_networks(chance: Random) -> Flags:
    return {
        "base-domain": chance.choice(["example.com", "lab.example.org"]),
        "cluster-cidr": chance.choice([["10.140.0.0/14"], ["10.140.0.0/14", "fd01::/48"]]),
        "service-cidr": chance.choice([["172.29.0.0/16"], ["172.29.0.0/16", "fd02::/112"]]),
        "additional-network": [
            f"name:{one}" for one in chance.sample(["a/b", "net-1/vlan100"], chance.randint(1, 2))
        ],
        "network-multiqueue": chance.choice(["Enable", "Disable"]),
    }


def _of_nodes(chance: Random) -> Flags:
    return {
        "auto-repair": True,
        "node-upgrade-type": chance.choice(["Replace", "InPlace"]),
        "node-pool-replicas": str(chance.randint(0, 12)),
        "node-drain-timeout": chance.choice(
            ["0s", "60s", "90s", "1500ms", "250ms", "1h", "1h30m", "10m30s"]
        ),
        "vm-node-selector": _labels(chance),
        "cores": str(chance.randint(1, 64)),
        "memory": chance.choice(["8Gi", "12288Mi", "16Gi", "9000Mi", "1Ti"]),
        "qos-class": chance.choice(["Burstable", "Guaranteed"]),
    }


def _of_disks(chance: Random) -> Flags:
    group = chance.choice(["", ",group=g1"])
    return {
        "root-volume-size": str(chance.randint(16, 2000)),
        "root-volume-storage-class": chance.choice(["lvms-vg1", "ocs-storagecluster-cephfs"]),
        "root-volume-access-modes": chance.choice(
            ["ReadWriteMany", "ReadWriteOnce", "ReadWriteMany,ReadWriteOnce"]
        ),
        "root-volume-volume-mode": chance.choice(["Block", "Filesystem"]),
        "root-volume-cache-strategy": chance.choice(["None", "PVC"]),
        "infra-storage-class-mapping": [
            f"{one}{group}" for one in chance.sample(["lvms-vg1/lvms-vg1", "a/b"], 2)
        ],
    }


def as_facts(flags: Flags) -> Document:
    """Return the facts that say what the flags say."""
    found = {"infraID": flags["infra-id"]} if "infra-id" in flags else {}
    return {str(flags["name"]): found}


def as_estate(flags: Flags) -> list[Document]:
    """Return the documents that say what the flags say."""
    head = {"apiVersion": "hyperleaf.dev/v1alpha1", "kind": "Cluster"}
    version = str(flags["release-image"]).rpartition(":")[2].rpartition("-")[0]
    hub = {
        "role": "hub",
        "version": version,
        "platform": {"baremetal": {}},
        "networks": {"machine": ["10.0.0.0/20"]},
    }
    networks = {
        "machine": ["10.128.0.0/14"],
        "pod": flags.get("cluster-cidr"),
        "service": flags.get("service-cidr"),
    }
    credentials = {"pullSecret": {"file": "pull-secret.txt"}}
    if "ssh-key" in flags:
        credentials["sshKey"] = {"file": "key.pub"}
    hosted: Document = {
        "role": "hosted",
        "hub": "the-hub",
        "version": version,
        "platform": {"kubevirt": {}},
        "networks": _said(networks),
        "baseDomain": flags.get("base-domain"),
        "credentials": credentials,
        "controlPlane": _said(_control_plane(flags)),
        "nodePools": [_said(_pool(flags))],
    }
    return [
        {**head, "metadata": {"name": "the-hub"}, "spec": hub},
        {**head, "metadata": {"name": flags["name"]}, "spec": _said(hosted)},
    ]


def _control_plane(flags: Flags) -> Document:
    catalogs = flags.get("olm-catalog-placement")
    annotations = dict(one.split("=", 1) for one in _several(flags, "annotations"))
    mirrors = yaml.safe_load(FILES["mirrors.yaml"])
    return {
        "namespace": flags.get("namespace"),
        "release": flags["release-image"],
        "availability": flags.get("control-plane-availability-policy"),
        "infrastructureAvailability": flags.get("infra-availability-policy", "SingleReplica"),
        "nodeSelector": _pairs(flags, "node-selector"),
        "etcd": {"storageClass": flags["etcd-storage-class"]}
        if "etcd-storage-class" in flags
        else None,
        "storageClassMapping": _mappings(flags, "infra-storage-class-mapping"),
        "olmCatalogs": str(catalogs).lower() if catalogs else None,
        "defaultSources": False if "olm-disable-default-sources" in flags else None,
        "fips": flags.get("fips"),
        "imageSources": mirrors if "image-content-sources" in flags else None,
        "trustBundle": "user-ca-bundle" if "additional-trust-bundle" in flags else None,
        "annotations": annotations or None,
    }


def _pool(flags: Flags) -> Document:
    modes = flags.get("root-volume-access-modes")
    return {
        "name": flags["name"],
        "replicas": int(str(flags.get("node-pool-replicas", 0))),
        "cpus": int(str(flags["cores"])) if "cores" in flags else None,
        "memory": flags.get("memory"),
        "disk": f"{flags['root-volume-size']}Gi" if "root-volume-size" in flags else None,
        "storageClass": flags.get("root-volume-storage-class"),
        "accessModes": str(modes).split(",") if modes else None,
        "volumeMode": flags.get("root-volume-volume-mode"),
        "imageCache": {"PVC": True, "None": False}.get(
            str(flags.get("root-volume-cache-strategy", ""))
        ),
        "placement": _pairs(flags, "vm-node-selector"),
        "guaranteed": True if flags.get("qos-class") == "Guaranteed" else None,
        "multiqueue": {"Enable": True, "Disable": False}.get(
            str(flags.get("network-multiqueue", ""))
        ),
        "additionalNetworks": [
            one.removeprefix("name:") for one in _several(flags, "additional-network")
        ]
        or None,
        "defaultNetwork": False if "attach-default-network" in flags else None,
        "autoRepair": "auto-repair" in flags,
        "upgrade": flags.get("node-upgrade-type"),
        "drainTimeout": flags.get("node-drain-timeout", "0s"),
    }


def _several(flags: Flags, name: str) -> list[str]:
    value = flags.get(name)
    return value if isinstance(value, list) else []


def _pairs(flags: Flags, name: str) -> dict[str, str] | None:
    value = flags.get(name)
    return dict(one.split("=", 1) for one in value.split(",")) if isinstance(value, str) else None


def _mappings(flags: Flags, name: str) -> list[Document] | None:
    made = []
    for one in _several(flags, name):
        infra, _, rest = one.partition("/")
        guest, _, group = rest.partition(",group=")
        made.append({"infra": infra, "guest": guest, **({"group": group} if group else {})})
    return made or None


def _said(values: Document) -> Document:
    return json.loads(json.dumps({k: v for k, v in values.items() if v is not None}))  # type: ignore[no-any-return]
