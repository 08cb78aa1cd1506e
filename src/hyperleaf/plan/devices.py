"""Names of the devices on a leaf: at most 15 characters, told from a number alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hyperleaf.values.names import DeviceName

if TYPE_CHECKING:
    from hyperleaf.values.numbers import VlanId, Vni


def vxlan(vni: Vni) -> DeviceName:
    """Return the tunnel device of a VNI; the bridge port's flags are set by this prefix."""
    return DeviceName(f"vx{int(vni)}")


def bridge(vni: Vni) -> DeviceName:
    """Return the bridge of a VNI; an L2VNI's carries the anycast gateway, an L3VNI's no address."""
    return DeviceName(f"br{int(vni)}")


def vrf(vni: Vni) -> DeviceName:
    """Return the VRF device of an L3VNI; NAT and filters match this prefix."""
    return DeviceName(f"vrf{int(vni)}")


def gateway(vni: Vni) -> DeviceName:
    """Return a border's device of the anycast gateway; a leaf's is the bridge itself."""
    return DeviceName(f"gw{int(vni)}")


def vlan(base: str, vlan_id: VlanId) -> str:
    """Return the VLAN device on `base`, as administrators and the source documents write it."""
    return f"{base}.{int(vlan_id)}"


def vlan_bridge(vlan_id: VlanId) -> DeviceName:
    """Return the bridge of a VLAN that is no segment of the fabric."""
    return DeviceName(f"brv{int(vlan_id)}")


def untagged_bridge(uplink: str) -> str:
    """Return the bridge of an uplink's untagged frames."""
    return f"bru{uplink}"
