"""The rendered folder: order, index, and what the same objects say to Argo CD and kubectl."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from hyperleaf.plan.clusters import Plan, plan
from hyperleaf.render import estate as rendering
from hyperleaf.render.estate import manifests, render, stream
from hyperleaf.render.files import ArgoCd
from hyperleaf.render.manifest import Manifest, Step, metadata
from unit.writing_estates import FABRIC, HUB, PROD, estate_of, network

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

RED = network(
    "red", "vlan: 100, subnets: [172.20.100.0/24], attach: [{cluster: prod, namespaces: [red]}]"
)
WAVE = "argocd.argoproj.io/sync-wave"


def planned(*more: str) -> Plan:
    """Return the plan of a hub, a cluster with leaves and a network."""
    return plan(estate_of(FABRIC, HUB, PROD, RED, *more))


def rendered(whole: Plan, argocd: ArgoCd | None = None) -> dict[str, str]:
    """Return the text of every file by path, in the order they come."""
    files = render(whole, argocd) if argocd else render(whole)
    return {file.path: file.text for file in files}


def index(whole: Plan) -> dict[str, Any]:
    made: dict[str, Any] = json.loads(rendered(whole)["index.json"])
    return made


def objects(whole: Plan) -> dict[str, dict[str, Any]]:
    """Return every object by the path of its file."""
    return {
        path: yaml.safe_load(text)
        for path, text in rendered(whole).items()
        if path.startswith("clusters/") and not path.endswith("kustomization.yaml")
    }


def test_objects_come_in_the_order_of_their_paths() -> None:
    paths = [path for path in objects(planned()) if path.startswith("clusters/prod")]
    assert paths == sorted(paths)


def test_filters_come_before_policies_and_policies_before_attachments() -> None:
    folders = dict.fromkeys(path.split("/")[2] for path in objects(planned()))
    steps = [folder.partition("-")[2] for folder in sorted(folders)]
    assert steps == ["settings", "machine-configs", "frr", "policies", "bgp", "attachments"]


def test_the_sync_wave_is_the_folder_s_number() -> None:
    for path, value in objects(planned()).items():
        assert value["metadata"]["annotations"][WAVE] == path.split("/")[2].partition("-")[0]


def test_every_object_says_who_made_it_and_from_what() -> None:
    for value in objects(planned()).values():
        assert value["metadata"]["labels"]["app.kubernetes.io/managed-by"] == "hyperleaf"
        assert value["metadata"]["annotations"]["hyperleaf.dev/from"]


def test_every_source_of_an_object_has_a_place_in_the_index() -> None:
    made = index(planned())
    used = {source for one in made["objects"] for source in one["from"]}
    assert used <= made["sources"].keys()


def test_the_index_names_every_object_s_file() -> None:
    named = {
        (one["cluster"], one["kind"], one["name"], one["file"])
        for one in index(planned())["objects"]
    }
    assert named == {
        (path.split("/")[1], value["kind"], value["metadata"]["name"], path)
        for path, value in objects(planned()).items()
    }


def test_the_index_lists_every_file() -> None:
    assert index(planned())["files"] == sorted(rendered(planned()))


def test_the_index_says_where_a_document_stands() -> None:
    text = f"{FABRIC}\n{HUB}\n{PROD}\n{RED}"
    line = text[: text.index("kind: Network")].count("\n")
    assert index(planned())["sources"]["Network/red"] == f"estate.yaml:{line}"


def test_a_moved_line_changes_the_index_alone() -> None:
    moved = plan(estate_of("# A line more.\n", FABRIC, HUB, PROD, RED))
    before, after = rendered(planned()), rendered(moved)
    assert {path for path in before if before[path] != after[path]} == {"index.json"}


def test_the_index_tells_what_the_estate_means() -> None:
    red = index(planned())["estate"]["networks"]["red"]
    assert red["vni"] == "10100"
    assert red["gateway mac"] == "02:68:6c:00:27:74"
    assert red["attached in prod"] == ["red/red"]


def test_a_stream_holds_what_the_folder_holds_in_the_same_order() -> None:
    whole = planned()
    of = [value for path, value in objects(whole).items() if path.startswith("clusters/prod/")]
    assert list(yaml.safe_load_all("".join(stream(whole, "prod")))) == of


def test_the_objects_of_a_cluster_are_those_of_its_stream() -> None:
    whole = planned()
    (prod,) = [one for one in whole.clusters if one.cluster.name == "prod"]
    of = list(yaml.safe_load_all("".join(stream(whole, "prod"))))
    assert [one.value for one in manifests(prod)] == of


def test_argo_cd_brings_each_cluster_its_folder() -> None:
    options = ArgoCd(
        repository="https://git.corp/nets.git", folder="out", destinations={"hub": "in-cluster"}
    )
    made = rendered(planned(), options)
    hub, prod = (yaml.safe_load(made[f"argocd/{name}.yaml"])["spec"] for name in ("hub", "prod"))
    assert prod["sources"][-1]["path"] == "out/clusters/prod"
    assert prod["sources"][-1]["repoURL"] == "https://git.corp/nets.git"
    assert prod["destination"] == {"name": "prod"}
    assert hub["destination"] == {"name": "in-cluster"}


def test_a_cluster_without_a_folder_is_no_application() -> None:
    idle = HUB.replace("{name: hub}", "{name: idle}")
    made = rendered(planned(idle))
    assert not [path for path in made if path.startswith("clusters/idle/")]
    assert [path for path in made if path.startswith("argocd/")] == [
        "argocd/hub.yaml",
        "argocd/prod.yaml",
    ]


def test_argo_cd_reads_the_crds_as_a_kustomization_and_not_as_an_object() -> None:
    made = rendered(planned())
    crds, whole = yaml.safe_load(made["argocd/prod.yaml"])["spec"]["sources"]
    assert f"{crds['path']}/kustomization.yaml" in made
    assert crds["path"] == f"{whole['path']}/{whole['directory']['exclude'].removesuffix('/*')}"


def namespace(name: str, source: str) -> Callable[[object], Iterator[Manifest]]:
    def renderer(_: object) -> Iterator[Manifest]:
        value = {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata(name, source)}
        yield Manifest(Step.FRR, value, 10)

    return renderer


def test_an_object_that_two_need_is_rendered_once(monkeypatch: pytest.MonkeyPatch) -> None:
    twice = tuple((namespace("shared", "Fabric/corp"), frozenset({Step.FRR})) for _ in range(2))
    monkeypatch.setattr(rendering, "_renderers", lambda _: twice)
    assert len([path for path in rendered(planned()) if "namespace_shared" in path]) == 2


def test_an_object_that_two_render_differently_is_a_mistake(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = (namespace("shared", "Fabric/corp"), namespace("shared", "Network/red"))
    both = [(one, frozenset({Step.FRR})) for one in made]
    monkeypatch.setattr(rendering, "_renderers", lambda _: both)
    with pytest.raises(ValueError, match="rendered twice"):
        rendered(planned())


def test_an_object_in_a_step_that_nobody_expects_is_a_mistake(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    late = [(namespace("late", "Fabric/corp"), frozenset({Step.BGP}))]
    monkeypatch.setattr(rendering, "_renderers", lambda _: late)
    with pytest.raises(ValueError, match="a step that nobody expects"):
        rendered(planned())
