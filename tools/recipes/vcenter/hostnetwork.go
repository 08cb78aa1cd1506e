package main

import (
	"context"

	"github.com/vmware/govmomi/find"
	"github.com/vmware/govmomi/object"
	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

// hostNetwork is what the simulator lacks of a host's network: port groups of one name on several
// hosts are one network, they can be changed, and one in use is not removed.
type hostNetwork struct {
	simulator.HostNetworkSystem
	folder types.ManagedObjectReference
}

// complete puts a hostNetwork into each host's place of one.
func complete(
	ctx context.Context, model *simulator.Model, finder *find.Finder, dc *object.Datacenter,
) error {
	folders, err := dc.Folders(ctx)
	if err != nil {
		return err
	}
	hosts, err := finder.HostSystemList(ctx, "*")
	if err != nil {
		return err
	}
	for _, host := range hosts {
		ref := model.Map().Get(host.Reference()).(*simulator.HostSystem).ConfigManager.NetworkSystem
		theirs := model.Map().Get(*ref).(*simulator.HostNetworkSystem)
		info := *theirs.NetworkInfo
		info.Vswitch = append([]types.HostVirtualSwitch(nil), info.Vswitch...)
		info.Portgroup = append([]types.HostPortGroup(nil), info.Portgroup...)
		ours := &hostNetwork{*theirs, folders.NetworkFolder.Reference()}
		ours.NetworkInfo = &info
		model.Map().Put(ours)
	}
	return nil
}

func addNetwork(
	ctx context.Context, model *simulator.Model, finder *find.Finder, name string,
) error {
	hosts, err := finder.HostSystemList(ctx, "*")
	if err != nil {
		return err
	}
	for _, host := range hosts {
		system, err := host.ConfigManager().NetworkSystem(ctx)
		if err != nil {
			return err
		}
		spec := types.HostPortGroupSpec{Name: name, VswitchName: "vSwitch0"}
		if err := system.AddPortGroup(ctx, spec); err != nil {
			return err
		}
	}
	return nil
}

func (s *hostNetwork) find(name string) *types.HostPortGroup {
	for index := range s.NetworkInfo.Portgroup {
		if s.NetworkInfo.Portgroup[index].Spec.Name == name {
			return &s.NetworkInfo.Portgroup[index]
		}
	}
	return nil
}

func (s *hostNetwork) network(ctx *simulator.Context, name string) *mo.Network {
	folder := ctx.Map.Get(s.folder).(*simulator.Folder)
	network, _ := ctx.Map.FindByName(name, folder.ChildEntity).(*mo.Network)
	return network
}

// AddPortGroup also takes a name that another host has already.
func (s *hostNetwork) AddPortGroup(ctx *simulator.Context, req *types.AddPortGroup) soap.HasFault {
	body := &methods.AddPortGroupBody{}
	if s.find(req.Portgrp.Name) != nil {
		body.Fault_ = simulator.Fault("", &types.AlreadyExists{Name: req.Portgrp.Name})
		return body
	}
	if network := s.network(ctx, req.Portgrp.Name); network == nil {
		if made := s.HostNetworkSystem.AddPortGroup(ctx, req); made.Fault() != nil {
			return made
		}
	} else {
		at := -1
		for index := range s.NetworkInfo.Vswitch {
			if s.NetworkInfo.Vswitch[index].Name == req.Portgrp.VswitchName {
				at = index
			}
		}
		if at < 0 {
			body.Fault_ = simulator.Fault("", &types.NotFound{})
			return body
		}
		one := &s.NetworkInfo.Vswitch[at]
		one.Portgroup = append(one.Portgroup, req.Portgrp.Name)
		s.NetworkInfo.Portgroup = append(s.NetworkInfo.Portgroup, types.HostPortGroup{
			Key: "key-vim.host.PortGroup-" + req.Portgrp.Name, Spec: req.Portgrp,
		})
	}
	network, host := s.network(ctx, req.Portgrp.Name), ctx.Map.Get(s.Host.Self).(*simulator.HostSystem)
	network.Host = append(network.Host, host.Self)
	host.Network = append(host.Network, network.Self)
	if cluster, ok := ctx.Map.Get(*host.Parent).(*simulator.ClusterComputeResource); ok &&
		simulator.FindReference(cluster.Network, network.Self) == nil {
		cluster.Network = append(cluster.Network, network.Self)
	}
	body.Res = &types.AddPortGroupResponse{}
	return body
}

// UpdatePortGroup is missing in the simulator.
func (s *hostNetwork) UpdatePortGroup(req *types.UpdatePortGroup) soap.HasFault {
	body := &methods.UpdatePortGroupBody{}
	group := s.find(req.PgName)
	if group == nil {
		body.Fault_ = simulator.Fault("", &types.NotFound{})
		return body
	}
	group.Spec = req.Portgrp
	body.Res = &types.UpdatePortGroupResponse{}
	return body
}

// RemovePortGroup refuses one that a machine of this host is plugged into; the last one takes the
// network along.
func (s *hostNetwork) RemovePortGroup(ctx *simulator.Context, req *types.RemovePortGroup) soap.HasFault {
	body := &methods.RemovePortGroupBody{}
	network := s.network(ctx, req.PgName)
	if network == nil || s.find(req.PgName) == nil {
		body.Fault_ = simulator.Fault("", &types.NotFound{})
		return body
	}
	for _, one := range ctx.Map.All("VirtualMachine") {
		machine := one.(*simulator.VirtualMachine)
		if *machine.Runtime.Host == s.Host.Self && simulator.FindReference(machine.Network, network.Self) != nil {
			body.Fault_ = simulator.Fault("", &types.ResourceInUse{Type: "Network", Name: req.PgName})
			return body
		}
	}
	if len(network.Host) <= 1 {
		for _, one := range ctx.Map.All("ClusterComputeResource") {
			cluster := one.(*simulator.ClusterComputeResource)
			simulator.RemoveReference(&cluster.Network, network.Self)
		}
		s.forget(ctx, network)
		return s.HostNetworkSystem.RemovePortGroup(ctx, req)
	}
	s.forget(ctx, network)
	for index := range s.NetworkInfo.Vswitch {
		one := &s.NetworkInfo.Vswitch[index]
		for at, name := range one.Portgroup {
			if name == req.PgName {
				one.Portgroup = append(one.Portgroup[:at:at], one.Portgroup[at+1:]...)
				break
			}
		}
	}
	for at := range s.NetworkInfo.Portgroup {
		if s.NetworkInfo.Portgroup[at].Spec.Name == req.PgName {
			rest := s.NetworkInfo.Portgroup
			s.NetworkInfo.Portgroup = append(rest[:at:at], rest[at+1:]...)
			break
		}
	}
	body.Res = &types.RemovePortGroupResponse{}
	return body
}

func (s *hostNetwork) forget(ctx *simulator.Context, network *mo.Network) {
	host := ctx.Map.Get(s.Host.Self).(*simulator.HostSystem)
	simulator.RemoveReference(&network.Host, host.Self)
	simulator.RemoveReference(&host.Network, network.Self)
}
