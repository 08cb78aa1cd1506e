"""What a lab's machines say becomes the objects that make what is wrong on them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from hyperleaf.api import load
from hyperleaf.lab import reading, security
from hyperleaf.lab.diagnosis import devices, guards, routes, services, sessions, suspects
from hyperleaf.lab.diagnosis.scene import Scene
from hyperleaf.lab.diagnosis.suspects import DEVICES, GUESS, ROUTES, Suspect
from hyperleaf.lab.leaf import REACH, lacking, unset
from hyperleaf.lab.outcome import Checked
from hyperleaf.lab.reading import Rendered, Source
from hyperleaf.lab.readings import Reading, Route, Speaker, configuration
from hyperleaf.plan.clusters import plan
from hyperleaf.render.estate import render
from hyperleaf.surroundings import surroundings
from hyperleaf.writing import write

if TYPE_CHECKING:
    from hyperleaf.lab.facts import Surroundings

ESTATE = Path(__file__).parents[1] / "lab" / "estates" / "mutations.yaml"
POLICY = Source("NodeNetworkConfigurationPolicy", "hyperleaf-vrf-red", "red.yaml", "VRF/red")
LEAF = """router bgp 65000
 neighbor 10.0.0.11 remote-as 65000
 !
 address-family l2vpn evpn
  neighbor 10.0.0.11 activate
  advertise-all-vni
 exit-address-family
exit
"""
REFLECTOR = """router bgp 65000
 neighbor hl-leaf peer-group
 neighbor hl-leaf remote-as 65000
 bgp listen range 10.0.16.0/20 peer-group hl-leaf
 bgp listen range 10.1.0.0/20 peer-group hl-leaf
 bgp listen range 172.16.0.0/20 peer-group hl-leaf
 !
 address-family l2vpn evpn
  neighbor hl-leaf activate
  neighbor hl-leaf route-reflector-client
 exit-address-family
exit
"""
FILTER = """table inet hyperleaf {
	set hosts4 {
		elements = { 10.0.0.0/15, 169.254.0.0-169.254.255.255 }
	}

	chain input {
		type filter hook input priority filter - 10; policy accept;
		iifname @tenants jump from-tenant
	}

	chain forward {
		type filter hook forward priority filter - 10; policy accept;
		iifname @tenants oifname != @tenants jump out
	}

	chain postrouting {
		type nat hook postrouting priority srcnat; policy accept;
		iifname @tenants oifname != @tenants counter packets 0 bytes 0 masquerade
	}
}
"""


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> tuple[Rendered, Surroundings]:
    folder = tmp_path_factory.mktemp("rendered")
    made = plan(load(ESTATE).estate)
    write(render(made), folder)
    return reading.read(folder), surroundings(made)


def _scene(made: tuple[Rendered, Surroundings], **readings: Reading) -> Scene:
    said = {name.replace("_", "-"): one for name, one in readings.items()}
    return Scene(made[0], made[1], said)


def _speaker(text: str, state: str = "Established") -> Reading:
    peers = {"10.0.0.11": {"state": state, "remoteAs": 65000}} if text.startswith(LEAF[:30]) else {}
    if "neighbor 10.0.0.11 activate" not in text:
        peers = {}
    spoken = Speaker(sessions={"peers": peers}, configuration=configuration(text))
    return Reading(speaker=spoken, listening=frozenset({179}))


def _named(found: Any) -> list[str]:
    return [one.object for one in suspects.merged(found)]


def test_a_line_of_frr_stands_below_its_headings() -> None:
    found = configuration(
        "router bgp 1\n address-family ipv4 unicast\n  import vrf a\n exit\nexit\n"
    )
    assert found.under("router bgp 1", "address-family ipv4 unicast") == ["import vrf a"]


def _guarded(made: tuple[Rendered, Surroundings], *left_out: str) -> Scene:
    """Return a scene with everybody in it, and without some clusters' security groups."""
    groups = tuple(one for one in made[0].groups if one.cluster not in left_out)
    around = security.guarded(groups, made[1])
    names = [*(one.name for one in around.nodes), *(one.name for one in around.borders)]
    return Scene(replace(made[0], groups=groups), around, {name: Reading() for name in names})


def test_groups_that_let_the_fabric_in_name_nobody(
    rendered: tuple[Rendered, Surroundings],
) -> None:
    assert _named(guards.ask(_guarded(rendered), ())) == []


def test_a_template_that_lets_no_session_or_no_tunnel_in_is_named(
    rendered: tuple[Rendered, Surroundings],
) -> None:
    named = _named(guards.ask(_guarded(rendered, "hub", "prod"), ()))
    assert named == ["platforms/build.json"] * 2


def test_sessions_that_are_up_name_nobody(rendered: tuple[Rendered, Surroundings]) -> None:
    scene = _scene(rendered, hub_rr1=_speaker(REFLECTOR), prod_1=_speaker(LEAF))
    assert _named(sessions.ask(scene, ())) == []


def test_a_leaf_without_the_reflector_for_a_neighbour_is_named(
    rendered: tuple[Rendered, Surroundings],
) -> None:
    leaf = _speaker(LEAF.replace("10.0.0.11", "10.0.0.13"))
    scene = _scene(rendered, hub_rr1=_speaker(REFLECTOR), prod_1=leaf)
    assert _named(sessions.ask(scene, ()))[0] == "FRRConfiguration/hyperleaf-leaf"


def test_a_reflector_that_does_not_listen_to_a_leafs_range_is_named(
    rendered: tuple[Rendered, Surroundings],
) -> None:
    reflector = _speaker(REFLECTOR.replace("10.1.0.0/20", "10.1.0.0/28"))
    scene = _scene(rendered, hub_rr1=reflector, edge_1=_speaker(LEAF, "Active"))
    found = suspects.merged(sessions.ask(scene, ()))
    assert found[0].object == "FRRConfiguration/hyperleaf-reflector"
    assert "10.1.0.21" in found[0].what


def test_a_reflector_that_passes_nothing_on_is_named(
    rendered: tuple[Rendered, Surroundings],
) -> None:
    deaf = _speaker(REFLECTOR.replace("  neighbor hl-leaf route-reflector-client\n", ""))
    scene = _scene(rendered, hub_rr1=deaf, prod_1=_speaker(LEAF))
    assert _named(sessions.ask(scene, ())) == ["FRRConfiguration/hyperleaf-reflector"]


def test_daemons_that_do_not_listen_name_their_options(
    rendered: tuple[Rendered, Surroundings],
) -> None:
    silent = replace(_speaker(REFLECTOR), listening=frozenset())
    scene = _scene(rendered, hub_rr1=silent, prod_1=_speaker(LEAF, "Active"))
    assert _named(sessions.ask(scene, ()))[0] == "ConfigMap/hyperleaf-frr-reflector"


def test_the_as_number_that_nobody_else_has_is_named(
    rendered: tuple[Rendered, Surroundings],
) -> None:
    odd = _speaker(LEAF.replace("remote-as 65000", "remote-as 65001"), "Active")
    ends = {"prod_2": _speaker(LEAF), "edge_1": _speaker(LEAF)}
    scene = _scene(rendered, hub_rr1=_speaker(REFLECTOR), prod_1=odd, **ends)
    found = suspects.merged(sessions.ask(scene, ()))
    assert (found[0].object, found[0].nodes) == (
        "FRRConfiguration/hyperleaf-leaf",
        frozenset({"prod-1"}),
    )


def _office(vni: int = 10100, bridge: str = "br10100") -> Reading:
    """Return a leaf with the network `office` alone."""
    vx = {
        "ifname": "vx10100",
        "mtu": 8450,
        "flags": ["UP"],
        "master": "br10100",
        "linkinfo": {
            "info_data": {"id": vni, "local": "10.0.16.21", "learning": False},
            "info_slave_data": {"learning": False, "neigh_suppress": True},
        },
    }
    gateway = {
        "ifname": bridge,
        "mtu": 8450,
        "address": "02:68:6c:00:27:74",
        "master": "vrf5001",
        "addr_info": [{"local": "172.20.100.1", "prefixlen": 24}],
    }
    return Reading(links={"vx10100": vx, bridge: gateway})


def _of_office(made: tuple[Rendered, Surroundings], said: Reading) -> list[Suspect]:
    found = devices.ask(_scene(made, prod_1=said), ())
    return [one for one in found if one.subjects == frozenset({"office", "red"})]


def test_a_segment_as_it_is_stated_names_nobody(rendered: tuple[Rendered, Surroundings]) -> None:
    assert [one for one in _of_office(rendered, _office()) if "office" in one.what] == []
    assert not [one for one in _of_office(rendered, _office()) if "10100" in one.what]


def test_a_tunnel_with_another_vni_names_its_policy(
    rendered: tuple[Rendered, Surroundings],
) -> None:
    found = [one for one in _of_office(rendered, _office(10101)) if "10101" in one.what]
    assert [one.object.partition("-br-ex")[0] for one in found] == [
        "NodeNetworkConfigurationPolicy/hyperleaf-vrf-red"
    ]


def test_an_attachment_alone_with_its_bridge_is_the_one_that_is_wrong(
    rendered: tuple[Rendered, Surroundings],
) -> None:
    made, around = rendered
    own = made.clusters["prod"]
    spoilt = tuple(
        replace(one, config={**one.config, "bridge": "br10400"}) if one.name == "office" else one
        for one in own.attachments
    )
    clusters = {**made.clusters, "prod": replace(own, attachments=spoilt)}
    found = _of_office((replace(made, clusters=clusters), around), _office())
    assert "NetworkAttachmentDefinition/office" in {one.object for one in found}


def _routed(*lost: str) -> Reading:
    """Return a leaf with the VRF `grey` alone, without some of its routes."""
    hosts = ["10.0.0.0/15", "10.132.0.0/14", "100.64.0.0/16", "100.88.0.0/16"]
    dropped = ["0.0.0.0/0", *hosts, "169.254.0.0/16", "172.16.0.0/20", "172.31.0.0/16"]
    there = tuple(
        Route("blackhole", one, 20400, (), "static") for one in dropped if one not in lost
    )
    target = {"importRTs": ["65000:20400"], "exportRTs": ["65000:20400"]}
    path = {"ip": "172.20.40.0", "ipLen": 24, "extendedCommunity": {"string": "RT:65000:20400"}}
    spoken = Speaker(
        vnis={"20400": target},
        vrfs={"vrfs": [{"vrf": "vrf20400", "vni": 20400, "state": "Up"}]},
        prefixes={"10.0.16.21:1": {"[5]": {"paths": [[path]]}}},
    )
    return Reading(routes=there, speaker=spoken)


def _of_grey(made: tuple[Rendered, Surroundings], said: Reading) -> list[str]:
    found = routes.ask(_scene(made, prod_1=said), ())
    return [one.what for one in found if "grey" in one.subjects]


def test_a_vrf_as_it_is_stated_names_nobody(rendered: tuple[Rendered, Surroundings]) -> None:
    assert _of_grey(rendered, _routed()) == []


def test_a_vrf_without_its_last_route_is_named(rendered: tuple[Rendered, Surroundings]) -> None:
    (what,) = _of_grey(rendered, _routed("0.0.0.0/0"))
    assert "falls through" in what


def test_a_range_that_a_vrf_does_not_drop_is_named(
    rendered: tuple[Rendered, Surroundings],
) -> None:
    (what,) = _of_grey(rendered, _routed("10.0.0.0/15"))
    assert "10.0.0.0/15" in what


def test_a_route_target_that_nobody_else_has_is_named(
    rendered: tuple[Rendered, Surroundings],
) -> None:
    said, odd = _routed(), _routed()
    assert odd.speaker is not None
    wrong = {"20400": {"importRTs": ["65000:20401"], "exportRTs": ["65000:20401"]}}
    odd = replace(odd, speaker=replace(odd.speaker, vnis=wrong))
    found = list(routes.ask(_scene(rendered, prod_1=said, prod_2=odd), ()))
    assert [sorted(one.nodes) for one in found if "route target" in one.what] == [["prod-2"]]


def test_a_subnet_that_the_servers_do_not_have_names_their_file(
    rendered: tuple[Rendered, Surroundings],
) -> None:
    made, around = rendered
    text = made.dhcp["kea-dhcp4.conf"].replace("172.20.200.0/24", "172.20.210.0/24")
    spoilt = replace(made, dhcp={**made.dhcp, "kea-dhcp4.conf": text})
    assert _named(services.ask(Scene(spoilt, around, {}), ())) == ["dhcp/kea-dhcp4.conf"]


def test_leases_as_they_are_rendered_name_nobody(rendered: tuple[Rendered, Surroundings]) -> None:
    assert _named(services.ask(_scene(rendered), ())) == []


def test_a_leafs_settings_are_told_apart_from_a_hosts() -> None:
    said = {
        "ipv4/ip_forward": "0",
        "ipv4/conf/eth0/forwarding": "0",
        "ipv4/conf/br7/arp_accept": "0",
    }
    assert [name for name, *_ in unset(said)] == ["ipv4/ip_forward", "ipv4/conf/br7/arp_accept"]


def test_a_filter_that_does_its_work_lacks_nothing() -> None:
    assert list(lacking(FILTER, ["10.0.0.0/15", "169.254.0.0/16"])) == []


@pytest.mark.parametrize(
    ("lost", "what"),
    [
        ("\t\tiifname @tenants jump from-tenant\n", "input"),
        (" masquerade", "translate"),
        ("10.0.0.0/15, ", "10.0.0.0/15"),
        ("table inet hyperleaf", "not loaded"),
    ],
)
def test_what_a_filter_lacks_is_said(lost: str, what: str) -> None:
    found = list(lacking(FILTER.replace(lost, ""), ["10.0.0.0/15"]))
    assert [one for one, _ in found if what in one]


def _suspect(rank: int = DEVICES, **parts: Any) -> Suspect:
    return Suspect(POLICY, "is wrong", rank, **parts)


def test_the_same_on_two_nodes_is_one_cause(rendered: tuple[Rendered, Surroundings]) -> None:
    two = [_suspect(nodes=frozenset({one})) for one in ("b", "a")]
    (found,) = suspects.causes(Checked("t", "f"), frozenset(), suspects.merged(two), rendered[0])
    assert found.why == "is wrong, on a, b"
    assert found.line.startswith(str(ESTATE)) or found.line == ""


def test_a_guess_is_for_what_nothing_else_explains(
    rendered: tuple[Rendered, Surroundings],
) -> None:
    guess = replace(_suspect(GUESS), source=replace(POLICY, name="guessed"))
    known = [_suspect(ROUTES), guess]
    found = suspects.causes(Checked("t", "f"), frozenset(), known, rendered[0])
    assert [one.object for one in found] == [str(POLICY)]


def test_what_breaks_reach_explains_no_reach_too_many() -> None:
    suspect = _suspect(breaks=REACH)
    assert suspect.explains(Checked("t", "silent", kind="pair"), frozenset())
    assert not suspect.explains(Checked("t", "answered", kind="node", hoped=False), frozenset())


def test_what_is_wrong_elsewhere_explains_nothing_here() -> None:
    suspect = _suspect(nodes=frozenset({"edge-1"}))
    assert not suspect.explains(Checked("t", "f", places=("prod-1",)), frozenset())
    assert replace(suspect, wide=True).explains(Checked("t", "f", places=("prod-1",)), frozenset())


def test_a_fault_is_about_both_ends_networks() -> None:
    fault = Checked("t", "f", kind="pair", ends=("g1", "g2"), subject="front")
    networks, vrfs = {"g1": "front", "g2": "office"}, {"front": "blue", "office": "red"}
    assert suspects.about(fault, networks, vrfs) == {"front", "office", "blue", "red"}
