"""What the installer is told becomes its files, without credentials: whoever installs puts them in.

`install/CLUSTER/` lies beside the clusters' folders and may lie in Git; what has credentials in it
never does (`hyperleaf install-config`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hyperleaf.render.manifest import TextFile
from hyperleaf.render.text import text
from hyperleaf.values.addresses import IPV6

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hyperleaf.model.cluster import Cluster, Ranges
    from hyperleaf.model.install import Host, Install, Installed, Vcenter
    from hyperleaf.plan.clusters import Plan
    from hyperleaf.values.units import Quantity

FOLDER = "install"
INSTALL_CONFIG, AGENT_CONFIG = "install-config.yaml", "agent-config.yaml"
# What the installer takes where nothing is said.
MACHINE_RANGE = "10.0.0.0/16"
HOST_PREFIX, HOST_PREFIX_V6 = 23, 64
MAIN_TABLE = 254
_MI, _GI = 1 << 20, 1 << 30


def install_files(plan: Plan) -> Iterator[TextFile]:
    """Yield the installer's files of each cluster that states an installation."""
    for one in plan.clusters:
        yield from files_of(one.cluster)


def files_of(cluster: Cluster) -> Iterator[TextFile]:
    """Yield the installer's files of one cluster."""
    if cluster.install is None:
        return
    folder = f"{FOLDER}/{cluster.name}"
    head = (
        f"# From {cluster.origin}. What is secret is put in, outside of Git, by\n"
        f"#   hyperleaf install-config ESTATE --cluster {cluster.name} --out DIR\n"
    )
    config = install_config(cluster, cluster.install)
    yield TextFile(f"{folder}/{INSTALL_CONFIG}", head + text(config))
    if cluster.install.hosts:
        agents = agent_config(cluster, cluster.install)
        yield TextFile(f"{folder}/{AGENT_CONFIG}", f"# From {cluster.origin}.\n" + text(agents))


def install_config(cluster: Cluster, install: Install) -> dict[str, Any]:
    """Return install-config.yaml without `pullSecret`, `sshKey` and what logs in to a vCenter."""
    kind = cluster.platform.kind
    made: dict[str, Any] = {
        "apiVersion": "v1",
        "baseDomain": cluster.base_domain,
        "controlPlane": _machines("master", kind, install.control_plane, _reflectors(cluster)),
        "compute": [_machines("worker", kind, install.workers)],
        "metadata": {"name": cluster.name},
    }
    if not _is_default(cluster.ranges):
        made["networking"] = _networking(cluster.ranges)
    made["platform"] = _platform(cluster, install)
    if install.publish != "External":
        made["publish"] = install.publish
    return made


def with_credentials(config: Mapping[str, Any], values: Mapping[str, str]) -> dict[str, Any]:
    """Return install-config.yaml with credentials in it, for a file that nobody else reads.

    `values` are `pullSecret`, `sshKey`, `username` and `password`, as far as there are any.
    """
    made = dict(config)
    vsphere = config["platform"].get("vsphere")
    if vsphere is not None:
        login = {"user": values.get("username", ""), "password": values.get("password", "")}
        servers = [{**one, **login} for one in vsphere["vcenters"]]
        made["platform"] = {"vsphere": {**vsphere, "vcenters": servers}}
    if "pullSecret" in values:
        made["pullSecret"] = values["pullSecret"].strip()
    if "sshKey" in values:
        made["sshKey"] = values["sshKey"].strip() + "\n"
    return made


def _reflectors(cluster: Cluster) -> dict[str, Any]:
    """Return the security group by which the fabric's sessions reach reflectors, where known."""
    group = cluster.found.aws.reflector_group
    return {"additionalSecurityGroupIDs": [group]} if group is not None else {}


def _machines(
    name: str, platform: str, installed: Installed, more: dict[str, Any] | None = None
) -> dict[str, Any]:
    made: dict[str, Any] = {"hyperthreading": "Enabled", "name": name}
    size = {**(_SIZES[platform](installed) if platform in _SIZES else {}), **(more or {})}
    if size:
        made["platform"] = {platform: size}
    return {**made, "replicas": installed.replicas}


def _on_aws(installed: Installed) -> dict[str, Any]:
    made: dict[str, Any] = {}
    if installed.instance_type is not None:
        made["type"] = installed.instance_type
    if installed.disk is not None:
        made["rootVolume"] = {"size": _whole(installed.disk, _GI), "type": "gp3"}
    if installed.zones:
        made["zones"] = list(installed.zones)
    return made


def _on_vsphere(installed: Installed) -> dict[str, Any]:
    stated = {
        "cpus": installed.cpus,
        "coresPerSocket": installed.cores_per_socket,
        "memoryMB": None if installed.memory is None else _whole(installed.memory, _MI),
        "osDisk": None if installed.disk is None else {"diskSizeGB": _whole(installed.disk, _GI)},
    }
    return {name: one for name, one in stated.items() if one is not None}


_SIZES = {"aws": _on_aws, "vsphere": _on_vsphere}


def _whole(size: Quantity, unit: int) -> int:
    """Return a size in whole units, none smaller than asked for."""
    return -(-size.bytes // unit)


def _is_default(ranges: Ranges) -> bool:
    """Tell whether the installer would take the same ranges if nothing were said."""
    written = ranges.stated - {"machine"}
    return not written and [str(one) for one in ranges.machine] == [MACHINE_RANGE]


def _networking(ranges: Ranges) -> dict[str, Any]:
    return {
        "networkType": "OVNKubernetes",
        "clusterNetwork": [
            {
                "cidr": str(one),
                "hostPrefix": HOST_PREFIX_V6 if one.version == IPV6 else HOST_PREFIX,
            }
            for one in ranges.pod
        ],
        "machineNetwork": [{"cidr": str(one)} for one in ranges.machine],
        "serviceNetwork": [str(one) for one in ranges.service],
    }


def _platform(cluster: Cluster, install: Install) -> dict[str, Any]:
    kind = cluster.platform.kind
    if kind == "aws":
        return {"aws": _into_vpc(cluster, install)}
    if len(install.hosts) == 1:
        return {"none": {}}
    vips = {
        "apiVIPs": [str(one) for one in install.api_vips],
        "ingressVIPs": [str(one) for one in install.ingress_vips],
    }
    if install.vcenter is None:
        return {"baremetal": vips}
    return {"vsphere": vips | _failure_domain(cluster.name, install.vcenter)}


def _into_vpc(cluster: Cluster, install: Install) -> dict[str, Any]:
    """Return the region and, where a VPC is known, its subnets: public ones if names are public."""
    found = cluster.found.aws
    public = found.public_subnets.values() if install.publish == "External" else ()
    made: dict[str, Any] = {"region": cluster.platform.region}
    if found.subnets:
        made["subnets"] = sorted((*found.subnets.values(), *public))
        if found.private_zone is not None:
            made["hostedZone"] = found.private_zone
    return made


def _failure_domain(name: str, vcenter: Vcenter) -> dict[str, Any]:
    """Return the one failure domain and its vCenter, whose objects are named by paths."""
    root = f"/{vcenter.datacenter}"
    topology = {
        "computeCluster": f"{root}/host/{vcenter.cluster}",
        "datacenter": vcenter.datacenter,
        "datastore": f"{root}/datastore/{vcenter.datastore}",
        "networks": [vcenter.network],
        "folder": vcenter.folder,
        "resourcePool": vcenter.resource_pool,
    }
    return {
        "failureDomains": [
            {
                "name": name,
                "region": vcenter.datacenter,
                "server": vcenter.server,
                "topology": {key: one for key, one in topology.items() if one is not None},
                "zone": vcenter.cluster,
            }
        ],
        "vcenters": [{"datacenters": [vcenter.datacenter], "server": vcenter.server}],
    }


def agent_config(cluster: Cluster, install: Install) -> dict[str, Any]:
    """Return agent-config.yaml: what each host is, by its MAC."""
    made: dict[str, Any] = {
        "apiVersion": "v1beta1",
        "kind": "AgentConfig",
        "metadata": {"name": cluster.name},
    }
    if install.rendezvous is not None:
        made["rendezvousIP"] = str(install.rendezvous)
    return {**made, "hosts": [_host(one) for one in install.hosts]}


def _host(host: Host) -> dict[str, Any]:
    made: dict[str, Any] = {
        "hostname": host.name,
        "role": host.role,
        "interfaces": [{"name": host.nic, "macAddress": str(host.mac)}],
    }
    if host.root_device is not None:
        made["rootDeviceHints"] = {"deviceName": host.root_device}
    if host.address is not None:
        made["networkConfig"] = _network(host)
    return made


def _network(host: Host) -> dict[str, Any]:
    """Return what the host's NIC has, in nmstate's words."""
    address = host.address
    assert address is not None  # noqa: S101 - asked by who calls
    family = "ipv6" if address.version == IPV6 else "ipv4"
    nic = {
        "name": host.nic,
        "type": "ethernet",
        "state": "up",
        "mac-address": str(host.mac),
        family: {
            "enabled": True,
            "dhcp": False,
            "address": [{"ip": str(address.ip), "prefix-length": address.network.prefixlen}],
        },
    }
    made: dict[str, Any] = {"interfaces": [nic]}
    if host.dns:
        made["dns-resolver"] = {"config": {"server": [str(one) for one in host.dns]}}
    if host.gateway is not None:
        route = {
            "destination": "::/0" if family == "ipv6" else "0.0.0.0/0",
            "next-hop-address": str(host.gateway),
            "next-hop-interface": host.nic,
            "table-id": MAIN_TABLE,
        }
        made["routes"] = {"config": [route]}
    return made
