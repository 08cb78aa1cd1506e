"""Values of the field cannot be built wrong."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hyperleaf.values.addresses import (
    AddressRange,
    first_host,
    last_host,
    link_local,
    overlaps,
    read_address,
    read_subnet,
)
from hyperleaf.values.macs import Mac, MacRange, gateway_mac
from hyperleaf.values.names import DeviceName, ObjectName
from hyperleaf.values.numbers import Asn, Mtu, VlanId, Vni
from hyperleaf.values.units import Duration, Quantity, Version


@pytest.mark.parametrize(
    ("kind", "value"),
    [(VlanId, 0), (VlanId, 4095), (Vni, 1 << 24), (Asn, 0), (Mtu, 500), (VlanId, True)],
)
def test_a_number_out_of_its_range_is_refused(kind: type, value: int) -> None:
    with pytest.raises(ValueError, match="must be"):
        kind(value)


def test_a_vlan_id_in_quotes_is_no_number() -> None:
    with pytest.raises(ValueError, match="whole number"):
        VlanId("100")


@given(st.integers(0, (1 << 48) - 1))
def test_a_mac_reads_what_it_writes(value: int) -> None:
    assert Mac.read(str(Mac(value))) == value


def test_a_mac_of_digits_alone_is_a_mac() -> None:
    assert str(Mac.read("12:34:56:12:34:56")) == "12:34:56:12:34:56"


@pytest.mark.parametrize("text", ["02:00:00:00:00", "02:00:00:00:00:0g", 2, None, "02.00.00.00.00"])
def test_what_is_no_mac_is_refused(text: object) -> None:
    with pytest.raises(ValueError, match="six pairs"):
        Mac.read(text)


@given(st.integers(1, (1 << 24) - 1))
def test_gateway_macs_are_unicast_locally_administered_and_of_one_vni_alone(vni: int) -> None:
    mac = gateway_mac(Vni(vni))
    assert not mac.is_group
    assert mac >> 40 == 0x02
    assert mac & 0xFFFFFF == vni


def test_mac_ranges_that_share_one_address_overlap() -> None:
    low = MacRange.read("02:10:00:00:00:00-02:10:00:00:00:ff")
    assert low.overlaps(MacRange.read("02:10:00:00:00:ff-02:10:00:00:01:00"))
    assert not low.overlaps(MacRange.read("02:10:00:00:01:00-02:10:00:00:02:00"))


def test_a_mac_range_that_ends_before_its_start_is_refused() -> None:
    with pytest.raises(ValueError, match="after its end"):
        MacRange.read("02:10:00:00:00:02-02:10:00:00:00:01")


def test_a_device_name_of_sixteen_characters_is_refused() -> None:
    assert DeviceName("a" * 15)
    with pytest.raises(ValueError, match="15 characters"):
        DeviceName("a" * 16)


@pytest.mark.parametrize("name", ["br-ex", "br-int", "genev_sys_6081", "ovn-k8s-mp0", "k8s-x"])
def test_ovn_keeps_its_names(name: str) -> None:
    assert DeviceName(name).is_reserved


@pytest.mark.parametrize("name", ["Red", "red_1", "-red", "", "r" * 64, 7])
def test_an_object_name_is_a_dns_label(name: object) -> None:
    with pytest.raises(ValueError, match="63 lower-case"):
        ObjectName(name)


@pytest.mark.parametrize(
    ("text", "milliseconds"), [("300ms", 300), ("9s", 9000), ("1m30s", 90000), ("1h", 3600000)]
)
def test_a_duration_is_milliseconds(text: str, milliseconds: int) -> None:
    assert Duration.read(text) == milliseconds


@pytest.mark.parametrize("text", ["", "9", "9 s", "-1s", "s", None, 9])
def test_a_duration_needs_its_unit(text: object) -> None:
    with pytest.raises(ValueError, match="written like"):
        Duration.read(text)


@pytest.mark.parametrize(("text", "size"), [("1Gi", 1 << 30), ("500M", 500_000_000), (64, 64)])
def test_a_quantity_keeps_its_text_and_knows_its_bytes(text: object, size: int) -> None:
    assert Quantity.read(text).bytes == size
    assert str(Quantity.read(text)) == str(text)


def test_versions_compare_by_number_not_by_text() -> None:
    assert Version.read("4.9") < Version.read("4.16.8")
    assert Version.read("4.16.8").is_at_least(4, 16)
    assert not Version.read("4.16.8").is_at_least(4, 17)


def test_host_bits_in_a_subnet_are_refused_and_the_subnet_is_named() -> None:
    with pytest.raises(ValueError, match=r"the subnet is 172\.20\.100\.0/24"):
        read_subnet("172.20.100.1/24")


def test_an_address_with_a_prefix_length_is_refused() -> None:
    with pytest.raises(ValueError, match="without a prefix length"):
        read_address("10.0.0.1/24")


def test_the_first_and_last_hosts_leave_out_network_and_broadcast() -> None:
    subnet = ip_network("172.20.100.0/24")
    assert first_host(subnet) == ip_address("172.20.100.1")
    assert last_host(subnet) == ip_address("172.20.100.254")
    assert last_host(subnet, 1) == ip_address("172.20.100.253")
    assert last_host(ip_network("2001:db8::/64")) == ip_address("2001:db8::ffff:ffff:ffff:ffff")


def test_the_link_local_of_a_mac_is_its_eui_64() -> None:
    assert link_local(Mac.read("02:68:6c:00:27:d8")) == ip_address("fe80::68:6cff:fe00:27d8")


def test_a_range_knows_what_lies_in_it() -> None:
    leases = AddressRange.read("172.20.200.50-172.20.200.60")
    assert ip_address("172.20.200.50") in leases
    assert ip_address("172.20.200.61") not in leases
    assert ip_address("2001:db8::50") not in leases


subnets = st.builds(
    lambda start, length: ip_network((start >> (32 - length) << (32 - length), length)),
    st.integers(0x0A000000, 0x0A00FFFF),
    st.integers(18, 32),
)


@given(st.lists(subnets, max_size=30))
def test_overlaps_are_found_exactly_where_any_pair_overlaps(drawn: list) -> None:  # type: ignore[type-arg]
    owned = [(subnet, number) for number, subnet in enumerate(drawn)]
    found = list(overlaps(owned))
    assert all(one[0].overlaps(other[0]) for one, other in found)
    among = {number for pair in found for _, number in pair}
    wanted = {
        number
        for subnet, number in owned
        for other, second in owned
        if number != second and subnet.overlaps(other)
    }
    assert among == wanted
