"""Rules about MachineSets: what they are made after, zones, sizes and disks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hyperleaf.codes import Code
from hyperleaf.findings import Severity
from hyperleaf.model.machines import set_name, worker_bases
from hyperleaf.rules.rule import Fault, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hyperleaf.model.cluster import Cluster, Pool
    from hyperleaf.model.estate import Estate
    from hyperleaf.model.machines import Base

# A MachineSet's name is the value of a label.
MOST_CHARACTERS = 63
# Amazon's bounds of gp3: operations a second in all, and for each GiB.
GP3_IOPS = (3000, 16000)
GP3_IOPS_PER_GIB = 500
GIB = 1 << 30
FOR_FAILURE_TESTS = 2


def _pools(estate: Estate) -> Iterator[tuple[Cluster, Pool]]:
    """Yield the pools that MachineSets make."""
    for cluster in estate.clusters.values():
        for pool in cluster.pools:
            if pool.machines is not None:
                yield cluster, pool


def _bases(cluster: Cluster, pool: Pool) -> tuple[Base, ...]:
    """Return the usable bases of a pool: of this cluster, and of its platform."""
    named = pool.machines.base if pool.machines else None
    return tuple(
        one
        for one in worker_bases(cluster.found.machine_sets, named)
        if one.provider == cluster.platform.kind
    )


def _has_machines(cluster: Cluster) -> bool:
    """Tell whether a cluster's nodes can be made by MachineSets."""
    return cluster.role != "hosted" and cluster.platform.kind not in {"rosa", "baremetal"}


def _path(pool: Pool, *more: str | int) -> tuple[str | int, ...]:
    return ("spec", "nodePools", pool.index, *more)


@rule(
    Code(
        "HL1120",
        "MachineSets are made where a cluster has machines",
        "A hosted cluster's nodes are made by NodePools on its hub, those of ROSA by the service, "
        "and hosts of bare metal by whoever boots them: none has MachineSets to add to.",
        "Leave `machines` out.",
        "platform: {baremetal: {}}",
        "platform: {aws: {region: us-east-2}}",
    )
)
def machines_need_a_provider(estate: Estate) -> Iterator[Fault]:
    """Find `machines` of a hosted cluster, or on a platform without such machines."""
    for cluster, pool in _pools(estate):
        if not _has_machines(cluster):
            where = "is hosted" if cluster.role == "hosted" else f"is on {cluster.platform.kind}"
            yield Fault(
                cluster.origin,
                _path(pool, "machines"),
                f"{cluster.name} {where}: no MachineSets make pool {pool.name}",
                "leave `machines` out",
            )


@rule(
    Code(
        "HL1121",
        "No worker MachineSet is known",
        "MachineSets follow from one that the cluster has: its image, profile, security groups and "
        "subnets are nobody's to guess. Before the cluster is installed there is none.",
        "Give facts with one, by --facts: `hyperleaf facts --cluster NAME` asks the cluster for "
        "them. Or write `clusters: {NAME: {machineSetsFrom: [workers.yaml]}}`, where workers.yaml "
        "is what `oc get machinesets -n openshift-machine-api -o yaml` prints.",
        "replicas: 2, machines: {}",
        "replicas: 2",
    ),
    Severity.WARNING,
)
def bases_are_known(estate: Estate) -> Iterator[Fault]:
    """Find pools whose MachineSets cannot be rendered yet."""
    for cluster, pool in _pools(estate):
        named = pool.machines.base if pool.machines else None
        if _has_machines(cluster) and not worker_bases(cluster.found.machine_sets, named):
            what = f"called {named} " if named else ""
            yield Fault(
                cluster.origin,
                _path(pool, "machines"),
                f"no worker MachineSet {what}of {cluster.name} is known: none is rendered for pool "
                f"{pool.name}",
                f"once it is there: `hyperleaf facts --cluster {cluster.name}`, then --facts",
            )


@rule(
    Code(
        "HL1122",
        "A MachineSet of another cluster",
        "Made after another cluster's, machines would join that cluster, or none: their profile, "
        "security groups, ignition and tags are its own.",
        "Give the MachineSets of the cluster itself.",
        "platform: {aws: {region: us-east-2}}",
        "platform: {vsphere: {server: vc.example.com, datacenter: dc1, cluster: c1}}",
    )
)
def bases_are_the_clusters_own(estate: Estate) -> Iterator[Fault]:
    """Find bases with another infrastructure ID, or of another platform."""
    for cluster, pool in _pools(estate):
        named = pool.machines.base if pool.machines else None
        for base in worker_bases(cluster.found.machine_sets, named):
            wrong = None
            if base.provider != cluster.platform.kind:
                wrong = f"is made of {base.provider_kind}"
            elif base.infra_id != cluster.found.infra_id:
                wrong = f"belongs to {base.infra_id}, not to {cluster.found.infra_id}"
            if wrong is not None:
                yield Fault(
                    cluster.origin,
                    _path(pool, "machines"),
                    f"{base.name}, known as a MachineSet of {cluster.name} on "
                    f"{cluster.platform.kind}, {wrong}",
                    "give the cluster's own MachineSets",
                )


@rule(
    Code(
        "HL1123",
        "Nothing says which subnet another zone has",
        "A MachineSet for another zone needs that zone's subnet. Where subnets are called after "
        "their zones the name follows; an ID, or another name, tells nothing.",
        "Give a worker MachineSet of that zone in the facts.",
        "zones: [us-east-2a, us-east-2b]",
        "zones: [us-east-2a]",
    )
)
def zones_have_subnets(estate: Estate) -> Iterator[Fault]:
    """Find zones without a MachineSet of their own, where the base's subnet is not by its zone."""
    for cluster, pool in _pools(estate):
        bases = _bases(cluster, pool)
        for index, zone in enumerate(pool.zones if bases else ()):
            if zone not in {one.zone for one in bases} and not bases[0].is_zone_in_subnet:
                yield Fault(
                    cluster.origin,
                    _path(pool, "zones", index),
                    f"no MachineSet of {cluster.name} is known in {zone}, and the subnet of "
                    f"{bases[0].name} is not called after its zone",
                    "give one of that zone in the facts",
                )


@rule(
    Code(
        "HL1124",
        "A zone of another region",
        "A cluster's machines stand in the zones of its region, whose names begin with it.",
        "Name zones of the cluster's region.",
        "zones: [us-east-1a]",
        "zones: [us-east-2a]",
    )
)
def zones_are_in_the_region(estate: Estate) -> Iterator[Fault]:
    """Find a zone whose name does not begin with the cluster's region."""
    for cluster, pool in _pools(estate):
        region = cluster.platform.region
        for index, zone in enumerate(pool.zones):
            if region is not None and not zone.startswith(region):
                yield Fault(
                    cluster.origin,
                    _path(pool, "zones", index),
                    f"{zone} is no zone of {region}, where {cluster.name} is",
                    "name a zone of that region",
                )


@rule(
    Code(
        "HL1125",
        "A zone twice, or on another platform",
        "Each zone has one MachineSet, called after it. Elsewhere than on AWS a MachineSet's place "
        "is its workspace: make a pool for each and name its `base`.",
        "Name each zone once, on AWS alone.",
        "zones: [us-east-2a, us-east-2a]",
        "zones: [us-east-2a]",
    )
)
def zones_differ(estate: Estate) -> Iterator[Fault]:
    """Find a zone named twice, and zones where there are none."""
    for cluster, pool in _pools(estate):
        for index, zone in enumerate(pool.zones):
            wrong, hint = None, "name each zone once"
            if cluster.platform.kind != "aws":
                wrong, hint = f"{cluster.platform.kind} has none", "make a pool for each `base`"
            elif zone in pool.zones[:index]:
                wrong = "it has done so already"
            if wrong is not None:
                yield Fault(
                    cluster.origin,
                    _path(pool, "zones", index),
                    f"pool {pool.name} of {cluster.name} names zone {zone}, but {wrong}",
                    hint,
                )


@rule(
    Code(
        "HL1126",
        "One hypervisor alone",
        "Of fewer than two nodes that carry guests none can take over: no guest migrates, and "
        "no failure can be tried.",
        "Have at least two.",
        "replicas: 1, roles: [virtualization]",
        "replicas: 3, roles: [virtualization]",
    ),
    Severity.WARNING,
)
def hypervisors_are_several(estate: Estate) -> Iterator[Fault]:
    """Find a pool of hypervisors with one machine."""
    for cluster, pool in _pools(estate):
        if "virtualization" in pool.roles and 0 < pool.replicas < FOR_FAILURE_TESTS:
            yield Fault(
                cluster.origin,
                _path(pool, "replicas"),
                f"pool {pool.name} of {cluster.name} is one machine: its guests have nowhere to go",
                f"have {FOR_FAILURE_TESTS} or more",
            )


@rule(
    Code(
        "HL1127",
        "A data disk where none can be made",
        "Second volumes are made by MachineSets of AWS. NodePools have no field for one, and "
        "vSphere's MachineSets only as a preview.",
        "Leave `dataDisk` out.",
        "platform: {vsphere: {server: vc.example.com, datacenter: dc1, cluster: c1}}",
        "platform: {aws: {region: us-east-2}}",
    )
)
def data_disks_are_on_aws(estate: Estate) -> Iterator[Fault]:
    """Find `dataDisk` in a pool that no MachineSet of AWS makes."""
    for cluster in estate.clusters.values():
        for pool in cluster.pools:
            if pool.data_disk is not None and (
                pool.machines is None or cluster.platform.kind != "aws"
            ):
                why = "no `machines` make it" if pool.machines is None else "it is not on AWS"
                yield Fault(
                    cluster.origin,
                    _path(pool, "dataDisk"),
                    f"pool {pool.name} of {cluster.name} has a data disk, but {why}",
                    "leave it out, or make the pool by `machines` on AWS",
                )


@rule(
    Code(
        "HL1128",
        "More operations than a gp3 volume has",
        "A gp3 volume does 3000 to 16000 operations a second, and at most 500 for each GiB.",
        "Ask for less, or for a larger volume; io2 does more.",
        "iops: 20000",
        "iops: 10000",
    )
)
def iops_are_possible(estate: Estate) -> Iterator[Fault]:
    """Find a gp3 volume with fewer or more operations than there are."""
    for cluster, pool in _pools(estate):
        disk = pool.data_disk
        if disk is None or disk.type != "gp3" or disk.iops is None:
            continue
        least, most = GP3_IOPS
        most = min(most, GP3_IOPS_PER_GIB * -(-disk.size.bytes // GIB))
        if not least <= disk.iops <= most:
            yield Fault(
                cluster.origin,
                _path(pool, "dataDisk", "iops"),
                f"a gp3 volume of {disk.size} does {least} to {most} operations a second, not "
                f"{disk.iops}",
                "ask for as many, or take a larger volume, or io2",
            )


@rule(
    Code(
        "HL1129",
        "Processors do not fill the sockets",
        "vSphere makes machines of whole sockets: the number of CPUs is a multiple of the cores of "
        "a socket, which a MachineSet has from its base unless told otherwise.",
        "State `coresPerSocket`.",
        "machines: {}",
        "machines: {coresPerSocket: 2}",
    )
)
def sockets_are_whole(estate: Estate) -> Iterator[Fault]:
    """Find CPUs that are no multiple of the base's cores a socket."""
    for cluster, pool in _pools(estate):
        bases = _bases(cluster, pool)
        if not bases or bases[0].provider != "vsphere" or pool.machines is None:
            continue
        value = bases[0].value["spec"]["template"]["spec"]["providerSpec"]["value"]
        cpus = pool.cpus or value.get("numCPUs") or 0
        cores = pool.machines.cores_per_socket or value.get("numCoresPerSocket") or 1
        if cpus % cores:
            yield Fault(
                cluster.origin,
                _path(pool, "cpus"),
                f"{cpus} CPUs of pool {pool.name} of {cluster.name} are no whole sockets of "
                f"{cores} cores",
                "state `machines: {coresPerSocket: ...}`",
            )


@rule(
    Code(
        "HL1130",
        "A MachineSet's name is too long",
        "It is the infrastructure's ID, the pool's name and the zone, and stands in a label of "
        "each machine, which has at most 63 characters.",
        "Give the pool a shorter name.",
        "name: hypervisors-of-the-first-room-with-local-disks",
        "name: metal",
    )
)
def names_fit_labels(estate: Estate) -> Iterator[Fault]:
    """Find MachineSets whose names are no labels' values."""
    for cluster, pool in _pools(estate):
        for base in _bases(cluster, pool)[:1]:
            zones = pool.zones or ((base.zone,) if base.zone else ())
            zone = max(zones, key=len, default="")
            name = set_name(base.infra_id, pool.name, zone)
            if len(name) > MOST_CHARACTERS:
                yield Fault(
                    cluster.origin,
                    _path(pool, "name"),
                    f"the MachineSet {name} of {cluster.name} has {len(name)} characters, "
                    f"{len(name) - MOST_CHARACTERS} too many",
                    "give the pool a shorter name",
                )


@rule(
    Code(
        "HL1131",
        "A MachineSet of that name is there already",
        "Applied, the pool's MachineSet would change the other one, which the installer or "
        "somebody made: its machines would stay as they are, and new ones be of the pool.",
        "Give the pool another name.",
        "name: worker",
        "name: metal",
    )
)
def names_are_free(estate: Estate) -> Iterator[Fault]:
    """Find pools whose MachineSets would be called like known ones that are not ours."""
    for cluster, pool in _pools(estate):
        others = {one.name for one in cluster.found.machine_sets if not one.is_ours}
        for base in _bases(cluster, pool)[:1]:
            zones = pool.zones or (base.zone,)
            names = (set_name(base.infra_id, pool.name, zone) for zone in zones)
            for name in sorted(others & set(names)):
                yield Fault(
                    cluster.origin,
                    _path(pool, "name"),
                    f"pool {pool.name} of {cluster.name} needs a MachineSet {name}, which is there "
                    "already and not ours",
                    "give the pool another name",
                )
