package main

import (
	"context"
	"fmt"

	"github.com/vmware/govmomi/find"
	"github.com/vmware/govmomi/object"
	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25"
	"github.com/vmware/govmomi/vim25/types"
)

// build makes the inventory: a cluster whose hosts have vSwitch0, a distributed switch with all
// hosts, the cluster's template in a folder of its own.
func build(ctx context.Context, want wanted) (*simulator.Model, error) {
	model := simulator.VPX()
	model.Host, model.ClusterHost, model.Machine, model.Autostart = 0, len(want.hosts), want.machines, false
	// As old as the simulator says it is by itself, a vCenter knows no learning of MACs yet.
	model.ServiceContent.About.ApiVersion, model.ServiceContent.About.Version = "8.0.2.0", "8.0.2"
	if err := model.Create(); err != nil {
		return nil, err
	}
	client, err := vim25.NewClient(ctx, model.Service)
	if err != nil {
		return nil, err
	}
	finder := find.NewFinder(client, false)
	dc, err := finder.DefaultDatacenter(ctx)
	if err != nil {
		return nil, err
	}
	finder.SetDatacenter(dc)
	if err := complete(ctx, model, finder, dc); err != nil {
		return nil, err
	}
	if err := rename(ctx, model, finder, dc, want); err != nil {
		return nil, err
	}
	return model, template(ctx, model, finder, dc, want)
}

// rename gives everything the names that are asked for.
func rename(
	ctx context.Context, model *simulator.Model, finder *find.Finder, dc *object.Datacenter, want wanted,
) error {
	cluster, err := finder.DefaultClusterComputeResource(ctx)
	if err != nil {
		return err
	}
	hosts, err := cluster.Hosts(ctx)
	if err != nil {
		return err
	}
	for index, host := range hosts {
		one := model.Map().Get(host.Reference()).(*simulator.HostSystem)
		one.Name, one.Summary.Config.Name = want.hosts[index], want.hosts[index]
	}
	store, err := finder.DefaultDatastore(ctx)
	if err != nil {
		return err
	}
	dvs, err := finder.Network(ctx, "DVS0")
	if err != nil {
		return err
	}
	switched := model.Map().Get(dvs.Reference()).(*simulator.DistributedVirtualSwitch)
	switched.Name, switched.Summary.Name = want.dvs, want.dvs
	learns := true
	switched.Capability.FeaturesSupported = &types.VMwareDVSFeatureCapability{
		DVSFeatureCapability: types.DVSFeatureCapability{MacLearningSupported: &learns},
	}
	one := model.Map().Get(store.Reference()).(*simulator.Datastore)
	one.Name = want.datastore
	group := model.Map().Get(cluster.Reference()).(*simulator.ClusterComputeResource)
	group.Name = want.cluster
	model.Map().Get(dc.Reference()).(*simulator.Datacenter).Name = want.datacenter
	return nil
}

// template makes what OpenShift's installer leaves: a machine that never ran, marked as a template.
func template(
	ctx context.Context, model *simulator.Model, finder *find.Finder, dc *object.Datacenter, want wanted,
) error {
	folders, err := dc.Folders(ctx)
	if err != nil {
		return err
	}
	folder, err := folders.VmFolder.CreateFolder(ctx, want.folder)
	if err != nil {
		return err
	}
	pool, err := finder.DefaultResourcePool(ctx)
	if err != nil {
		return err
	}
	var devices object.VirtualDeviceList
	card, err := devices.CreateEthernetCard("vmxnet3", &types.VirtualEthernetCardNetworkBackingInfo{
		VirtualDeviceDeviceBackingInfo: types.VirtualDeviceDeviceBackingInfo{DeviceName: want.network},
	})
	if err != nil {
		return err
	}
	scsi, err := devices.CreateSCSIController("pvscsi")
	if err != nil {
		return err
	}
	disk := devices.CreateDisk(scsi.(types.BaseVirtualController), types.ManagedObjectReference{}, "")
	disk.CapacityInKB = 16 << 20
	devices = append(devices, scsi, disk, card)
	changes, err := devices.ConfigSpec(types.VirtualDeviceConfigSpecOperationAdd)
	if err != nil {
		return err
	}
	if err := addNetwork(ctx, model, finder, want.network); err != nil {
		return err
	}
	task, err := folder.CreateVM(ctx, types.VirtualMachineConfigSpec{
		Name: want.template, GuestId: "rhel8_64Guest", NumCPUs: 2, MemoryMB: 8192,
		Version: "vmx-15", Firmware: "efi", DeviceChange: changes,
		Files: &types.VirtualMachineFileInfo{VmPathName: "[" + want.datastore + "]"},
	}, pool, nil)
	if err != nil {
		return err
	}
	info, err := task.WaitForResult(ctx, nil)
	if err != nil {
		return fmt.Errorf("template: %w", err)
	}
	client, err := vim25.NewClient(ctx, model.Service)
	if err != nil {
		return err
	}
	made := object.NewVirtualMachine(client, info.Result.(types.ManagedObjectReference))
	return made.MarkAsTemplate(ctx)
}
