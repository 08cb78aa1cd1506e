"""The codes of what is found at a vCenter: what each means, why it is one, what to do."""

from __future__ import annotations

from typing import Final

from hyperleaf.codes import Code


def _code(code: str, *words: str, bad: str = "", good: str = "") -> Code:
    title, why, mend = words
    return Code(code, title, why, mend, bad, good)


_ALL: Final = (
    _code(
        "HL1440",
        "A server is no vCenter that can be used",
        "Templates and port groups of several hosts are vCenter's; an ESXi host cannot clone. "
        "Learning of MACs and an IOMMU for guests came with vSphere 6.7.",
        "Name the vCenter under `platform.vsphere.server`, and one that is 6.7 or later.",
        bad="platform: {vsphere: {server: esx1.example.com, datacenter: lab, cluster: c1}}",
        good="platform: {vsphere: {server: vcenter.example.com, datacenter: lab, cluster: c1}}",
    ),
    _code(
        "HL1441",
        "A port group that is not ours differs",
        "Somebody made it, and others may rely on how it is: it is compared and never changed. "
        "Without promiscuous mode or learning of MACs, forged transmits and all VLANs, guests in "
        "virtual hypervisors get no answer, not even from DHCP.",
        "Set it as is said, by hand, or name another port group to have it made.",
        bad="portGroups: [{name: VM Network, switch: vSwitch0}]",
        good="portGroups: [{name: Trunk, switch: vSwitch0}]",
    ),
    _code(
        "HL1442",
        "Hosts lack a virtual switch",
        "A machine may be started on any host of the cluster, so that each must have the port "
        "group: a standard switch of that name, or a part of the distributed one.",
        "Add the hosts to the switch, or name one that all of them have.",
        bad="portGroups: [{name: Trunk, switch: vSwitch7}]",
        good="portGroups: [{name: Trunk, switch: vSwitch0}]",
    ),
    _code(
        "HL1443",
        "A host is not connected",
        "Nothing can be made on it now; machines do not start there either.",
        "Run the same command again when it is back.",
    ),
    _code(
        "HL1444",
        "A switch cannot learn MACs",
        "Only distributed switches of version 6.6 and later learn MACs of guests within guests.",
        "Upgrade the distributed switch, or let the port group be promiscuous.",
        bad="portGroups: [{name: Trunk, switch: vSwitch0, learning: macLearning}]",
        good="portGroups: [{name: Trunk, switch: vSwitch0, learning: promiscuous}]",
    ),
    _code(
        "HL1445",
        "A vCenter did not do what it said",
        "Everything is read back when it is made. This was accepted, and is otherwise now: "
        "somebody else changes it at the same time, or this vCenter lacks the feature.",
        "Look at it in vCenter, then run the same command again.",
    ),
    _code(
        "HL1446",
        "The record of what is ours cannot be read",
        "vCenter keeps a list of our port groups in the custom attribute hyperleaf.dev/owner of "
        "the cluster or the distributed switch. Somebody wrote something else there; it is not "
        "overwritten.",
        "Empty the attribute. Port groups that are there count as not ours then.",
    ),
    _code(
        "HL1447",
        "Which template the machines come from cannot be told",
        "The installer's template is called after the cluster's infrastructure ID, with -rhcos. "
        "There is none of that kind in the datacenter, or there are several.",
        "Name it under `platform.vsphere.template`; once the worker MachineSets are known (facts), "
        "theirs is taken.",
        good="platform: {vsphere: {template: hub-7vxwj-rhcos}}",
    ),
    _code(
        "HL1448",
        "A template's copy that is not ours differs",
        "A machine or template with the name of ours is there and does not bear our mark, or ran "
        "already. It is compared and never changed.",
        "Change it as is said, or rename or delete it to have it made anew.",
    ),
    _code(
        "HL1449",
        "A template's copy is older than its source",
        "The template that ours was cloned from has changed or was replaced since, by another "
        "version of the operating system perhaps. Machines are still made from the older one, and "
        "update themselves when they join.",
        "Have it cloned anew: --replace.",
        good="hyperleaf up lab --facts facts.yaml --replace",
    ),
    _code(
        "HL1450",
        "A port group that a template needs is not there",
        "A pool's uplink names it as the network of a NIC; no step makes it, and the datacenter "
        "has none of that name.",
        "Name one that is there, or have it made under `platform.vsphere.portGroups`.",
        bad="nodePools: [{name: cnv, uplinks: {trunk: {nic: ens224, portGroup: Trnk}}}]",
        good="nodePools: [{name: cnv, uplinks: {trunk: {nic: ens224, portGroup: Trunk}}}]",
    ),
)

VSPHERE_CODES: Final[dict[str, Code]] = {one.code: one for one in _ALL}
