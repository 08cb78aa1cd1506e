"""A rendered folder becomes what the lab carries out: objects by cluster, borders, expectations."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

from hyperleaf.lab import security, trunks
from hyperleaf.lab.errors import NoProofError
from hyperleaf.values.rendered import CLUSTERS, EXPECTED, INDEX, SOURCE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from hyperleaf.lab.security import SecurityGroup
    from hyperleaf.lab.trunks import PortGroup

Object = dict[str, Any]
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class RenderedError(NoProofError):
    """A folder that is no rendered estate, or that lacks what the lab needs."""


@dataclass(frozen=True, slots=True)
class Source:
    """A rendered object's name, its file below the folder, and the document it follows from."""

    kind: str
    name: str
    file: str
    origin: str

    def __str__(self) -> str:
        return f"{self.kind}/{self.name}"


NOWHERE = Source("", "", "", "")


@dataclass(frozen=True, slots=True)
class _Manifest:
    """An object as it lies in its file."""

    file: str
    value: Object

    @property
    def kind(self) -> str:
        return str(self.value["kind"])

    @property
    def name(self) -> str:
        return str(self.value["metadata"]["name"])

    @property
    def source(self) -> Source:
        notes = self.value["metadata"].get("annotations") or {}
        return Source(self.kind, self.name, self.file, notes.get(SOURCE, ""))


@dataclass(frozen=True, slots=True)
class Selector:
    """Which nodes an object is meant for, by their labels."""

    labels: Mapping[str, str]
    expressions: tuple[Mapping[str, Any], ...] = ()

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Tell whether a node with these labels is meant."""
        same = all(labels.get(key) == value for key, value in self.labels.items())
        return same and all(_holds(one, labels) for one in self.expressions)


def _holds(expression: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    key, values = expression["key"], expression.get("values", [])
    match expression["operator"]:
        case "In":
            return labels.get(key) in values
        case "NotIn":
            return labels.get(key) not in values
        case "Exists":
            return key in labels
        case "DoesNotExist":
            return key not in labels
        case other:
            raise RenderedError(f"no operator of a selector: {other}")


@dataclass(frozen=True, slots=True)
class Policy:
    """A NodeNetworkConfigurationPolicy."""

    name: str
    selector: Selector
    capture: Mapping[str, str]
    desired: Object
    source: Source = NOWHERE


@dataclass(frozen=True, slots=True)
class FrrConfiguration:
    """A FRRConfiguration: its typed part, and its raw text with its priority."""

    name: str
    selector: Selector
    bgp: Object
    priority: int
    raw: str
    source: Source = NOWHERE


@dataclass(frozen=True, slots=True)
class Daemons:
    """A deployment of FRR: the nodes it runs on, what it tells the daemons, what they start with.

    `options` are the lines of FRR's file of daemons, `start` is the configuration until a node's
    own is there, `neighbours` the program beside FRR; they lie in `settings`.
    """

    selector: Selector
    options: Mapping[str, str]
    source: Source = NOWHERE
    start: str = ""
    settings: Source = NOWHERE
    neighbours: str = ""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A NetworkAttachmentDefinition and the configuration in it."""

    namespace: str
    name: str
    config: Object
    source: Source = NOWHERE


@dataclass(frozen=True, slots=True)
class MachineConfig:
    """A MachineConfig, which may have come in a ConfigMap by way of its hub."""

    name: str
    config: Object
    source: Source = NOWHERE


@dataclass(frozen=True, slots=True)
class ClusterObjects:
    """What is rendered for one cluster; `values` are all its objects as they lie there."""

    name: str
    policies: tuple[Policy, ...] = ()
    frr: tuple[FrrConfiguration, ...] = ()
    daemons: tuple[Daemons, ...] = ()
    machine_configs: tuple[MachineConfig, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    forwarding: bool = False
    network: Source = NOWHERE
    values: tuple[Object, ...] = ()


@dataclass(frozen=True, slots=True)
class Border:
    """What one border is set to."""

    name: str
    frr_conf: str
    devices: Object
    sheet: Object
    neighbours: str = ""


@dataclass(frozen=True, slots=True)
class Rendered:
    """A rendered folder, read; `strays` are MachineConfigs for a cluster that is not there.

    `groups` are the security groups of clusters in a cloud, `trunks` port groups of a vCenter.
    """

    clusters: Mapping[str, ClusterObjects]
    borders: Mapping[str, Border]
    dhcp: Mapping[str, str]
    expected: Object
    lines: Mapping[str, str]
    strays: tuple[MachineConfig, ...] = ()
    groups: tuple[SecurityGroup, ...] = ()
    trunks: tuple[PortGroup, ...] = ()

    def line(self, origin: str) -> str:
        """Return where a document of the estate begins (`estate.yaml:12`), as far as is known."""
        return self.lines.get(origin, "")


def read(folder: Path) -> Rendered:
    """Read a rendered folder; RenderedError tells what it lacks."""
    if not (folder / EXPECTED).is_file():
        raise RenderedError(f"{folder} holds no {EXPECTED}: it is not what render wrote")
    objects = {
        place.name: tuple(_objects(place, folder))
        for place in sorted((folder / CLUSTERS).iterdir())
    }
    return Rendered(
        clusters={name: _cluster(name, objects) for name in objects},
        borders={
            place.name: Border(
                place.name,
                (place / "frr.conf").read_text(),
                json.loads((place / "devices.json").read_text()),
                yaml.load((place / "sheet.yaml").read_text(), Loader=_LOADER),  # noqa: S506
                _text(place / "neighbours.py"),
            )
            for place in sorted((folder / "borders").glob("*"))
        },
        dhcp={place.name: place.read_text() for place in sorted((folder / "dhcp").glob("*.conf"))},
        expected=json.loads((folder / EXPECTED).read_text()),
        lines=_lines(folder),
        strays=tuple(_strays(objects)),
        groups=security.read(folder),
        trunks=trunks.read(folder),
    )


def _lines(folder: Path) -> dict[str, str]:
    """Return the place of each document, as the index says; an edited folder may have none."""
    index = folder / INDEX
    stated = json.loads(index.read_text()) if index.is_file() else {}
    return dict(stated.get("sources", {}))


def _objects(folder: Path, top: Path) -> Iterator[_Manifest]:
    for path in sorted(folder.rglob("*.yaml")):
        if "crds" not in path.parts:
            for value in yaml.load_all(path.read_text(), Loader=_LOADER):
                yield _Manifest(str(path.relative_to(top)), value)


def _text(path: Path) -> str:
    return path.read_text() if path.is_file() else ""


def _cluster(name: str, all_objects: Mapping[str, tuple[_Manifest, ...]]) -> ClusterObjects:
    own = all_objects[name]
    return ClusterObjects(
        name=name,
        policies=tuple(_policy(one) for one in _of(own, "NodeNetworkConfigurationPolicy")),
        frr=tuple(_frr(one) for one in _of(own, "FRRConfiguration")),
        daemons=tuple(_daemons(own)),
        machine_configs=(
            *(MachineConfig(one.name, one.value, one.source) for one in _of(own, "MachineConfig")),
            *_through_hub(name, all_objects),
        ),
        attachments=tuple(
            Attachment(
                one.value["metadata"]["namespace"],
                one.name,
                json.loads(one.value["spec"]["config"]),
                one.source,
            )
            for one in _of(own, "NetworkAttachmentDefinition")
        ),
        forwarding=any(_forwards(one.value) for one in _of(own, "Network")),
        network=next((one.source for one in _of(own, "Network")), NOWHERE),
        values=tuple(one.value for one in own),
    )


def _of(objects: tuple[_Manifest, ...], kind: str) -> Iterator[_Manifest]:
    return (one for one in objects if one.kind == kind)


def _policy(one: _Manifest) -> Policy:
    spec = one.value["spec"]
    return Policy(
        one.name,
        Selector(spec.get("nodeSelector", {})),
        spec.get("capture", {}),
        spec["desiredState"],
        one.source,
    )


def _frr(one: _Manifest) -> FrrConfiguration:
    spec, raw = one.value["spec"], one.value["spec"].get("raw", {})
    return FrrConfiguration(
        one.name,
        _selector(spec.get("nodeSelector", {})),
        spec.get("bgp", {}),
        raw.get("priority", 0),
        raw.get("rawConfig", ""),
        one.source,
    )


def _selector(value: Object) -> Selector:
    return Selector(value.get("matchLabels", {}), tuple(value.get("matchExpressions", ())))


def _daemons(own: tuple[_Manifest, ...]) -> Iterator[Daemons]:
    maps = {one.name: one for one in _of(own, "ConfigMap")}
    for one in _of(own, "DaemonSet"):
        pod = one.value["spec"]["template"]["spec"]
        for volume in pod.get("volumes", []):
            settings = maps.get(volume.get("configMap", {}).get("name"))
            files = settings.value.get("data", {}) if settings is not None else {}
            if settings is not None and "daemons" in files:
                wanted = pod.get("affinity", {}).get("nodeAffinity", {})
                terms = wanted.get("requiredDuringSchedulingIgnoredDuringExecution", {}).get(
                    "nodeSelectorTerms", [{}]
                )
                labels = {
                    key: value
                    for key, value in pod["nodeSelector"].items()
                    if not key.startswith("kubernetes.io/")
                }
                expressions = tuple(terms[0].get("matchExpressions", ()))
                meant = Selector(labels, expressions)
                options, start = _options(files["daemons"]), files.get("frr.conf", "")
                beside = files.get("neighbours.py", "")
                yield Daemons(meant, options, one.source, start, settings.source, beside)


def _options(text: str) -> dict[str, str]:
    pairs = (line.partition("=") for line in text.splitlines() if "=" in line)
    return {key.strip(): value.strip().strip('"') for key, _, value in pairs}


def _through_hub(
    cluster: str, objects: Mapping[str, tuple[_Manifest, ...]]
) -> Iterator[MachineConfig]:
    """Yield a hosted cluster's MachineConfigs: ConfigMaps of its hub, named after the cluster."""
    for name, made in _handed_on(objects):
        if name.endswith(f"-{cluster}"):
            yield made


def _strays(objects: Mapping[str, tuple[_Manifest, ...]]) -> Iterator[MachineConfig]:
    """Yield the MachineConfigs in a hub's ConfigMaps that no cluster here takes for its own."""
    for name, made in _handed_on(objects):
        if not any(name.endswith(f"-{cluster}") for cluster in objects):
            yield made


def _handed_on(
    objects: Mapping[str, tuple[_Manifest, ...]],
) -> Iterator[tuple[str, MachineConfig]]:
    """Yield each MachineConfig in a ConfigMap, with the ConfigMap's name."""
    for own in objects.values():
        for one in _of(own, "ConfigMap"):
            config = one.value.get("data", {}).get("config")
            if config:
                value = yaml.load(config, Loader=_LOADER)  # noqa: S506 - a safe one
                yield one.name, MachineConfig(value["metadata"]["name"], value, one.source)


def _forwards(network: Object) -> bool:
    spec: Any = network.get("spec", {})
    for key in ("defaultNetwork", "ovnKubernetesConfig", "gatewayConfig"):
        spec = spec.get(key, {})
    return bool(spec.get("ipForwarding") == "Global")
