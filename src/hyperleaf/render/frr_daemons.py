"""Our own deployment of frr-k8s on leaves and reflectors, as manifests.

Why not the stock one. Its bgpd starts with `-p 0`, so that no reflector could accept a session; it
tolerates control-plane taints only, so that a tainted hypervisor would be no leaf; it runs on
every node; and OpenShift's carries an FRR 8, which loses L3VNI next hops when the reflector of
the best path goes. Two FRRs on a node would fight over routes: the stock one must not select our
nodes.

Its webhook is left out: it only refuses early what the controller refuses as well, and the rules
have refused before; with it a certificate, its rotation and a place that must be up for any change
would come. With it goes the cleaner of FRRNodeStates, so those of nodes that left stay behind.

The CRDs are frr-k8s's own and are fetched from there, never copied. Metrics and probes listen on
the loopback only: FRR's liveness needs them, and nothing else shall reach them.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from hyperleaf.model import labels
from hyperleaf.render.frr.statements import SOON
from hyperleaf.render.frr_objects import NAMESPACE, plain
from hyperleaf.render.images import DEFAULT_IMAGES, FRR_K8S_VERSION, Images
from hyperleaf.render.manifest import Manifest, Step, TextFile, metadata
from hyperleaf.render.node import neighbours

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from hyperleaf.plan.clusters import ClusterPlan

ACCOUNT = "hyperleaf-frr"
# A change of a start file must start the daemons anew.
STARTUP_HASH = "hyperleaf.dev/startup"
_CRDS = ("bgpsessionstates", "frrconfigurations", "frrk8sconfigurations", "frrnodestates")
_CRD_URL = (
    "https://raw.githubusercontent.com/metallb/frr-k8s/{version}"
    "/config/crd/bases/frrk8s.metallb.io_{name}.yaml"
)
_NAMESPACE_ORDER, _ACCOUNT_ORDER, _RIGHTS_ORDER, _FILES_ORDER, _DAEMONS_ORDER = 10, 20, 30, 40, 60
_RBAC = "rbac.authorization.k8s.io"
_VERSIONS = {"Namespace": "v1", "ServiceAccount": "v1", "ConfigMap": "v1", "DaemonSet": "apps/v1"}
# watchfrr starts zebra, mgmtd and staticd without being asked.
_DAEMONS = """\
bgpd=yes
bfdd=yes
vtysh_enable=yes
zebra_options="-A 127.0.0.1 -K 120 -s 90000000 --limit-fds 100000"
mgmtd_options="-A 127.0.0.1"
staticd_options="-A 127.0.0.1 --limit-fds 100000"
bgpd_options="-A 127.0.0.1{listen} --limit-fds 100000"
bfdd_options="-A 127.0.0.1 --limit-fds 100000"
"""
# The last line stands in the node's own configuration too, but there too late: frr-k8s writes route
# maps before any raw text, and what counts is how it is when the first of them comes.
_FRR_CONF = f"""\
! Until frr-k8s has written the node's own.
frr defaults traditional
log stdout informational
{SOON}
"""

# What stands beside FRR on leaves, as its image has Python for FRR's own reloader.
NEIGHBOURS = "neighbours.py"


def neighbours_text() -> str:
    """Return the program that lets addresses move between leaves."""
    return Path(neighbours.__file__).read_text()


def daemon_manifests(plan: ClusterPlan, images: Images = DEFAULT_IMAGES) -> Iterator[Manifest]:
    """Yield what runs FRR in one cluster; nothing where it has neither leaves nor reflectors."""
    teams = list(_teams(plan))
    if not teams:
        return
    source = plan.leaves.source if plan.leaves else teams[0].source
    yield from _shared(source)
    for team in teams:
        yield from _daemons(team, images)


def crd_file(plan: ClusterPlan) -> Iterator[TextFile]:
    """Yield the kustomization that fetches frr-k8s's CRDs; it is applied before all else."""
    if not list(_teams(plan)):
        return
    lines = [
        "# kubectl apply --server-side -k . ; the version is that of the frr-k8s image.",
        "apiVersion: kustomize.config.k8s.io/v1beta1",
        "kind: Kustomization",
        "resources:",
        *(f"- {_CRD_URL.format(version=FRR_K8S_VERSION, name=name)}" for name in _CRDS),
    ]
    path = f"clusters/{plan.cluster.name}/{Step.FRR.folder}/crds/kustomization.yaml"
    yield TextFile(path, "\n".join(lines) + "\n")


@dataclass(frozen=True, slots=True)
class _Team:
    """The nodes that run FRR in one manner: leaves, or reflectors, which listen."""

    role: Literal["leaf", "reflector"]
    source: str
    selector: Mapping[str, str]

    @property
    def name(self) -> str:
        return f"{ACCOUNT}-{self.role}"

    def metadata(self) -> dict[str, Any]:
        return metadata(self.name, self.source, namespace=NAMESPACE)


def _teams(plan: ClusterPlan) -> Iterator[_Team]:
    if plan.leaves is not None:
        yield _Team("leaf", plan.leaves.source, plan.leaves.selector)
    if plan.reflectors is not None:
        yield _Team("reflector", plan.reflectors.source, plan.reflectors.selector)


def _daemons(team: _Team, images: Images) -> Iterator[Manifest]:
    """Yield a team's start files and its DaemonSet."""
    files = _start_files(listens=team.role == "reflector")
    if team.role == "leaf":
        files[NEIGHBOURS] = neighbours_text()
    yield _object("ConfigMap", team.metadata(), _FILES_ORDER, data=files)
    text = "".join(f"{name}\0{text}\0" for name, text in files.items())
    digest = hashlib.sha256(text.encode()).hexdigest()[:12]
    marks = {"app.kubernetes.io/name": "frr-k8s", "app.kubernetes.io/component": team.role}
    spec = {
        "selector": {"matchLabels": marks},
        # One at a time: of two reflectors one always stays, and a leaf's guests see no more than a
        # restart of BGP.
        "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 1}},
        "template": {
            "metadata": {"labels": marks, "annotations": {STARTUP_HASH: digest}},
            "spec": _pod(team, images),
        },
    }
    yield _object("DaemonSet", team.metadata(), _DAEMONS_ORDER, spec=spec)


def _start_files(*, listens: bool) -> dict[str, str]:
    return {
        "daemons": _DAEMONS.format(listen="" if listens else " -p 0"),
        "frr.conf": _FRR_CONF,
        "vtysh.conf": "service integrated-vtysh-config\n",
    }


def _object(kind: str, meta: dict[str, Any], order: int, **rest: object) -> Manifest:
    value = {"apiVersion": _VERSIONS.get(kind, f"{_RBAC}/v1"), "kind": kind, "metadata": meta}
    return Manifest(Step.FRR, {**value, **rest}, order)


def _shared(source: str) -> Iterator[Manifest]:
    """Yield the namespace, the account and what it may do."""
    privileged = {f"pod-security.kubernetes.io/{mode}": "privileged" for mode in _MODES}
    namespace = metadata(
        NAMESPACE,
        source,
        labels={**privileged, "security.openshift.io/scc.podSecurityLabelSync": "false"},
        # A cluster's default node selector would keep reflectors off control-plane nodes.
        annotations={"openshift.io/node-selector": ""},
    )
    yield _object("Namespace", namespace, _NAMESPACE_ORDER)
    account = metadata(ACCOUNT, source, namespace=NAMESPACE)
    yield _object("ServiceAccount", account, _ACCOUNT_ORDER)
    for kind, rules in (("ClusterRole", _CLUSTER_RULES), ("Role", _NAMESPACE_RULES)):
        meta = metadata(ACCOUNT, source, namespace=None if kind == "ClusterRole" else NAMESPACE)
        yield _object(kind, meta, _RIGHTS_ORDER, rules=list(rules))
        yield _object(f"{kind}Binding", meta, _RIGHTS_ORDER, **_bound(kind, ACCOUNT))
    # OpenShift's, for the host's network and SYS_ADMIN. Elsewhere nothing has this name.
    meta = metadata(f"{ACCOUNT}-privileged", source, namespace=NAMESPACE)
    scc = _bound("ClusterRole", "system:openshift:scc:privileged")
    yield _object("RoleBinding", meta, _RIGHTS_ORDER, **scc)


_MODES = ("audit", "enforce", "warn")


def _bound(kind: str, role: str) -> dict[str, Any]:
    return {
        "roleRef": {"apiGroup": _RBAC, "kind": kind, "name": role},
        "subjects": [{"kind": "ServiceAccount", "name": ACCOUNT, "namespace": NAMESPACE}],
    }


def _rule(group: str, resources: Iterable[str], *verbs: str) -> dict[str, Any]:
    return {"apiGroups": [group], "resources": list(resources), "verbs": list(verbs)}


_READ = ("get", "list", "watch")
_WRITE = ("create", "delete", "patch", "update")
_FRR = "frrk8s.metallb.io"
# Reading nodes is for labels; the reviews are how the metrics' endpoint asks who may read it.
_CLUSTER_RULES = (
    _rule("", ["nodes"], *_READ),
    _rule(_FRR, ["frrnodestates"], *_READ, *_WRITE),
    _rule(_FRR, ["frrnodestates/status"], "get", "patch", "update"),
    _rule("authentication.k8s.io", ["tokenreviews"], "create"),
    _rule("authorization.k8s.io", ["subjectaccessreviews"], "create"),
)
_NAMESPACE_RULES = (
    _rule("", ["pods", "secrets"], *_READ),
    _rule(_FRR, ["frrconfigurations", "frrk8sconfigurations"], *_READ),
    _rule(_FRR, ["bgpsessionstates"], *_READ, *_WRITE),
    _rule(_FRR, ["bgpsessionstates/status"], "get", "patch", "update"),
)
_CONF, _RUN, _STARTUP = "/etc/frr", "/var/run/frr", "/etc/frr_startup"
_LIB, _SCRATCH = "/var/lib/frr", "/var/tmp/frr"  # noqa: S108  # FRR's own names, volumes here
_RELOADER, _TOOLS = "/etc/frr_reloader", "/etc/frr_tools"
_METRICS_PORT, _CONTROLLER_METRICS_PORT, _HEALTH_PORT = 9141, 9140, 7572


def _mount(**paths: str) -> list[dict[str, str]]:
    return [{"name": name, "mountPath": path} for name, path in paths.items()]


def _pod(team: _Team, images: Images) -> dict[str, Any]:
    volumes = ("conf", "run", "lib", "scratch", "reloader", "tools")
    spec: dict[str, Any] = {
        "serviceAccountName": ACCOUNT,
        "hostNetwork": True,
        # The controller tells the reloader by a signal.
        "shareProcessNamespace": True,
        "priorityClassName": "system-node-critical",
        "terminationGracePeriodSeconds": 10,
        "nodeSelector": {"kubernetes.io/os": "linux", **plain(team.selector)},
        "tolerations": [{"operator": "Exists"}],
        "initContainers": list(_init_containers(images)),
        "containers": list(_containers(team, images)),
        "volumes": [
            *({"name": name, "emptyDir": {}} for name in volumes),
            {"name": "startup", "configMap": {"name": team.name}},
        ],
    }
    if team.role == "leaf":
        # Two FRRs on one node would be one too many.
        term = {"matchExpressions": [{"key": labels.REFLECTOR, "operator": "DoesNotExist"}]}
        required = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [term]}}
        spec["affinity"] = {"nodeAffinity": required}
    return spec


def _init_containers(images: Images) -> Iterator[dict[str, Any]]:
    """Yield what lays out files: FRR wants its own user's, and tools come in the other image."""
    yield {
        "name": "start-files",
        "image": images.frr,
        "command": ["/bin/sh", "-c", f"cp -rLf {_STARTUP}/* {_CONF}/"],
        # The user and group frr of the image.
        "securityContext": {"runAsUser": 100, "runAsGroup": 101},
        "volumeMounts": _mount(startup=_STARTUP, conf=_CONF),
    }
    yield {
        "name": "tools",
        "image": images.frr_k8s,
        "command": [
            "/bin/sh",
            "-c",
            f"cp -f /frr-reloader.sh {_RELOADER}/ && cp -f /frr-metrics /frr-status {_TOOLS}/",
        ],
        "volumeMounts": _mount(reloader=_RELOADER, tools=_TOOLS),
    }


def _containers(team: _Team, images: Images) -> Iterator[dict[str, Any]]:
    alive = {"path": "/livez", "port": _METRICS_PORT, "host": "127.0.0.1", "scheme": "HTTPS"}
    yield {
        "name": "frr",
        "image": images.frr,
        "command": ["/bin/sh", "-c", "/sbin/tini -- /usr/lib/frr/docker-start"],
        "env": [{"name": "TINI_SUBREAPER", "value": "true"}],
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"add": ["NET_ADMIN", "NET_BIND_SERVICE", "NET_RAW", "SYS_ADMIN"]},
        },
        "resources": {"requests": {"cpu": "50m", "memory": "128Mi"}},
        "livenessProbe": {"httpGet": alive, "periodSeconds": 5, "failureThreshold": 3},
        "startupProbe": {"httpGet": alive, "periodSeconds": 5, "failureThreshold": 30},
        "volumeMounts": _mount(conf=_CONF, run=_RUN, lib=_LIB, scratch=_SCRATCH),
    }
    yield {
        "name": "reloader",
        "image": images.frr,
        "command": [f"{_RELOADER}/frr-reloader.sh"],
        "resources": {"requests": {"cpu": "10m", "memory": "32Mi"}},
        "volumeMounts": _mount(conf=_CONF, run=_RUN, reloader=_RELOADER),
    }
    if team.role == "leaf":
        yield {
            "name": "neighbours",
            "image": images.frr,
            "command": ["python3", f"{_STARTUP}/{NEIGHBOURS}"],
            "securityContext": {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"add": ["NET_ADMIN", "NET_RAW"]},
            },
            "resources": {"requests": {"cpu": "10m", "memory": "32Mi"}},
            "volumeMounts": _mount(startup=_STARTUP),
        }
    yield _controller(images)
    yield {
        "name": "metrics",
        "image": images.frr,
        "command": [f"{_TOOLS}/frr-metrics"],
        "args": [f"--metrics-port={_METRICS_PORT}", "--metrics-bind-address=127.0.0.1"],
        "resources": {"requests": {"cpu": "10m", "memory": "32Mi"}},
        "volumeMounts": _mount(conf=_CONF, run=_RUN, tools=_TOOLS),
    }
    yield {
        "name": "status",
        "image": images.frr,
        "command": [f"{_TOOLS}/frr-status"],
        "args": ["--node-name=$(NODE_NAME)", "--namespace=$(NAMESPACE)", "--pod-name=$(POD_NAME)"],
        "env": _environment(),
        "resources": {"requests": {"cpu": "10m", "memory": "32Mi"}},
        "volumeMounts": _mount(conf=_CONF, run=_RUN, tools=_TOOLS),
    }


def _controller(images: Images) -> dict[str, Any]:
    def asked(path: str) -> dict[str, Any]:
        return {"httpGet": {"path": path, "port": _HEALTH_PORT, "host": "127.0.0.1"}}

    return {
        "name": "controller",
        "image": images.frr_k8s,
        "command": ["/frr-k8s"],
        "args": [
            "--node-name=$(NODE_NAME)",
            "--namespace=$(NAMESPACE)",
            "--pod-name=$(POD_NAME)",
            f"--metrics-bind-address=127.0.0.1:{_CONTROLLER_METRICS_PORT}",
            f"--health-probe-bind-address=127.0.0.1:{_HEALTH_PORT}",
        ],
        "env": [
            *_environment(),
            {"name": "FRR_CONFIG_FILE", "value": f"{_RELOADER}/frr.conf"},
            {"name": "FRR_RELOADER_PID_FILE", "value": f"{_RELOADER}/reloader.pid"},
        ],
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "resources": {"requests": {"cpu": "10m", "memory": "64Mi"}},
        "livenessProbe": {**asked("/healthz"), "initialDelaySeconds": 15, "periodSeconds": 20},
        "readinessProbe": {**asked("/readyz"), "initialDelaySeconds": 5, "periodSeconds": 10},
        "volumeMounts": _mount(reloader=_RELOADER),
    }


def _environment() -> list[dict[str, Any]]:
    fields = {
        "NODE_NAME": "spec.nodeName",
        "NAMESPACE": "metadata.namespace",
        "POD_NAME": "metadata.name",
    }
    return [
        {"name": name, "valueFrom": {"fieldRef": {"fieldPath": path}}}
        for name, path in fields.items()
    ]
