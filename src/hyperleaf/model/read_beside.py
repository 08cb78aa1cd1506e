"""Guests and hand-written objects beside an estate become what the rules look at."""

from __future__ import annotations

from ipaddress import ip_interface
from typing import TYPE_CHECKING, Any

from hyperleaf.findings import Finding, at
from hyperleaf.model.beside import HandWritten, Machine, Nic
from hyperleaf.spec.yaml import read_text
from hyperleaf.values.macs import Mac

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from hyperleaf.spec.documents import Foreign
    from hyperleaf.values.addresses import Interface

BINDINGS = ("bridge", "masquerade", "sriov", "passt", "macvtap", "slirp")


def read_beside(
    documents: Iterable[Foreign],
) -> tuple[tuple[Machine, ...], tuple[HandWritten, ...], tuple[Finding, ...]]:
    """Return guests and hand-written objects; what is malformed in them is a finding."""
    machines: list[Machine] = []
    objects: list[HandWritten] = []
    findings: list[Finding] = []
    for document in documents:
        if document.value.get("kind") == "VirtualMachine":
            machine, more = _machine(document)
            machines.append(machine)
            findings.extend(more)
        else:
            objects.append(_hand_written(document))
    return (
        tuple(sorted(machines, key=lambda one: (one.namespace, one.name))),
        tuple(sorted(objects, key=lambda one: (one.kind, one.namespace, one.name))),
        tuple(findings),
    )


def _member(value: Any, *path: str) -> Any:
    """Return what stands at `path` of plain data, or None; foreign documents promise nothing."""
    for step in path:
        value = value.get(step) if isinstance(value, dict) else None
    return value


def _items(value: Any) -> list[dict[str, Any]]:
    return (
        [one if isinstance(one, dict) else {} for one in value] if isinstance(value, list) else []
    )


def _labels(value: Any) -> dict[str, str]:
    return {str(k): str(v) for k, v in value.items()} if isinstance(value, dict) else {}


def _metadata(value: Mapping[str, Any]) -> tuple[str, str]:
    name = _member(value, "metadata", "name")
    namespace = _member(value, "metadata", "namespace")
    return (
        name if isinstance(name, str) else "",
        namespace if isinstance(namespace, str) else "default",
    )


def _hand_written(document: Foreign) -> HandWritten:
    name, namespace = _metadata(document.value)
    return HandWritten(
        kind=document.value["kind"],
        name=name,
        namespace=namespace,
        value=document.value,
        origin=document.origin,
    )


def _machine(document: Foreign) -> tuple[Machine, tuple[Finding, ...]]:
    name, namespace = _metadata(document.value)
    spec = _member(document.value, "spec", "template", "spec")
    networks = _items(_member(spec, "networks"))
    interfaces = _items(_member(spec, "domain", "devices", "interfaces"))
    findings: list[Finding] = []
    by_name = {one.get("name"): (index, one) for index, one in enumerate(networks)}
    static = _static_addresses(_items(_member(spec, "volumes")))
    nics = []
    for index, one in enumerate(interfaces):
        if one.get("name") not in by_name:
            findings.append(_no_network(document, index, one.get("name")))
            continue
        place, network = by_name[one["name"]]
        mac, problem = _mac(document, index, one.get("macAddress"))
        findings.extend(problem)
        nics.append(
            Nic(
                name=str(one["name"]),
                binding=next((binding for binding in BINDINGS if binding in one), "bridge"),
                attachment=_attachment(network, namespace),
                mac=mac,
                addresses=_addresses_of(static, mac, len(interfaces), index),
                index=index,
                network_index=place,
            )
        )
    machine = Machine(
        name=name,
        namespace=namespace,
        labels=_labels(_member(document.value, "spec", "template", "metadata", "labels")),
        nics=tuple(nics),
        eviction=_member(spec, "evictionStrategy"),
        access_modes=_access_modes(document.value),
        node_selector=_labels(_member(spec, "nodeSelector")),
        origin=document.origin,
    )
    return machine, tuple(findings)


def _no_network(document: Foreign, index: int, name: object) -> Finding:
    return at(
        document.origin,
        *("spec", "template", "spec", "domain", "devices", "interfaces", index, "name"),
        code="HL0110",
        message=f"interface {name!r} has no network of its name",
        hint="add it under spec.template.spec.networks, with the same name",
    )


def _mac(document: Foreign, index: int, text: object) -> tuple[Mac | None, tuple[Finding, ...]]:
    if text is None:
        return None, ()
    try:
        return Mac.read(text), ()
    except ValueError as error:
        return None, (
            at(
                document.origin,
                *("spec", "template", "spec", "domain", "devices", "interfaces", index),
                "macAddress",
                code="HL0111",
                message=str(error),
                hint="leave it out and KubeMacPool gives one",
            ),
        )


def _attachment(network: Mapping[str, Any], namespace: str) -> tuple[str, str] | None:
    """Return namespace and name of the attachment, the guest's own namespace where none is said."""
    name = _member(network, "multus", "networkName")
    if not isinstance(name, str):
        return None
    before, slash, after = name.partition("/")
    return (before, after) if slash else (namespace, before)


def _access_modes(value: Mapping[str, Any]) -> tuple[str, ...]:
    modes: list[str] = []
    for template in _items(_member(value, "spec", "dataVolumeTemplates")):
        for claim in ("storage", "pvc"):
            stated = _member(template, "spec", claim, "accessModes")
            modes.extend(str(mode) for mode in stated or [] if isinstance(stated, list))
    return tuple(modes)


def _static_addresses(volumes: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the ethernets of cloud-init's network configuration, version 2 (netplan)."""
    for volume in volumes:
        for source in ("cloudInitNoCloud", "cloudInitConfigDrive"):
            text = _member(volume, source, "networkData")
            if isinstance(text, str):
                documents, _ = read_text(text.encode(), "networkData")
                data = documents[0].value if documents else None
                ethernets = _member(data, "ethernets") or _member(data, "network", "ethernets")
                return _items(list(ethernets.values())) if isinstance(ethernets, dict) else []
    return []


def _addresses_of(
    ethernets: Sequence[Mapping[str, Any]], mac: Mac | None, count: int, index: int
) -> tuple[Interface, ...]:
    """Return the addresses of a NIC: matched by MAC, or by place where the counts agree."""
    for ethernet in ethernets:
        matched = _member(ethernet, "match", "macaddress")
        if mac is not None and isinstance(matched, str) and matched.lower() == str(mac):
            return _interfaces(ethernet)
    if len(ethernets) == count and not _member(ethernets[index], "match"):
        return _interfaces(ethernets[index])
    return ()


def _interfaces(ethernet: Mapping[str, Any]) -> tuple[Interface, ...]:
    made: list[Interface] = []
    stated = ethernet.get("addresses")
    for text in stated if isinstance(stated, list) else []:
        try:
            made.append(ip_interface(text))
        except ValueError:
            continue
    return tuple(made)
