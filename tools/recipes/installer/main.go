// Command installer judges by the installer's own code what is handed to it, and makes the worker
// MachineSets that it would give a cluster.
//
//	installer config FOLDER     install-config.yaml, and agent-config.yaml where there is one
//	installer machinesets FILE  MachineSets, one JSON object a line: no field unknown
//	installer workers FOLDER    print the worker MachineSets of an install-config.yaml, a line each
package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	machineapi "github.com/openshift/api/machine/v1beta1"
	"github.com/openshift/installer/pkg/asset"
	agentasset "github.com/openshift/installer/pkg/asset/agent"
	"github.com/openshift/installer/pkg/asset/agent/agentconfig"
	"github.com/openshift/installer/pkg/asset/agent/joiner"
	"github.com/openshift/installer/pkg/asset/agent/workflow"
	"github.com/openshift/installer/pkg/asset/machines/aws"
	"github.com/openshift/installer/pkg/asset/machines/vsphere"
	"github.com/openshift/installer/pkg/types"
	"github.com/openshift/installer/pkg/types/agent"
	"github.com/openshift/installer/pkg/types/conversion"
	"github.com/openshift/installer/pkg/types/defaults"
	"github.com/openshift/installer/pkg/types/validation"
	"sigs.k8s.io/yaml"
)

const installConfig, agentConfig = "install-config.yaml", "agent-config.yaml"

// folder lets the installer's assets read the files of a folder.
type folder string

func (f folder) FetchByName(name string) (*asset.File, error) {
	data, err := os.ReadFile(filepath.Join(string(f), name))
	if err != nil {
		return nil, err
	}
	return &asset.File{Filename: name, Data: data}, nil
}

func (f folder) FetchByPattern(string) ([]*asset.File, error) { return nil, nil }

// strict reads a file into a type and refuses fields that it has not: the installer only warns.
func (f folder) strict(name string, into any) error {
	file, err := f.FetchByName(name)
	if err != nil {
		return err
	}
	return yaml.UnmarshalStrict(file.Data, into, yaml.DisallowUnknownFields)
}

func (f folder) read() (*types.InstallConfig, error) {
	config := &types.InstallConfig{}
	if err := f.strict(installConfig, config); err != nil {
		return nil, err
	}
	if err := conversion.ConvertInstallConfig(config); err != nil {
		return nil, err
	}
	defaults.SetInstallConfigDefaults(config)
	return config, nil
}

func (f folder) judge() error {
	config, err := f.read()
	if err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(string(f), agentConfig)); err == nil {
		return f.judgeAgents()
	}
	return validation.ValidateInstallConfig(config, false).ToAggregate()
}

func (f folder) judgeAgents() error {
	if err := f.strict(agentConfig, &agent.Config{}); err != nil {
		return err
	}
	config, agents := &agentasset.OptionalInstallConfig{}, &agentconfig.AgentConfig{}
	if _, err := config.Load(f); err != nil {
		return err
	}
	if _, err := agents.Load(f); err != nil {
		return err
	}
	parents := asset.Parents{}
	flow := &workflow.AgentWorkflow{Workflow: workflow.AgentWorkflowTypeInstall}
	parents.Add(flow, &joiner.AddNodesConfig{}, config, agents)
	return (&agentconfig.AgentHosts{}).Generate(context.Background(), parents)
}

func (f folder) workers() error {
	config, err := f.read()
	if err != nil {
		return err
	}
	const id, secret = "ocp-h5ffp", "worker-user-data"
	var made []*machineapi.MachineSet
	for index := range config.Compute {
		pool := &config.Compute[index]
		var more []*machineapi.MachineSet
		switch {
		case config.AWS != nil:
			more, err = aws.MachineSets(&aws.MachineSetInput{
				ClusterID: id, InstallConfigPlatformAWS: config.AWS, Pool: pool,
				Role: pool.Name, UserDataSecret: secret,
			})
		case config.VSphere != nil:
			more, err = vsphere.MachineSets(id, config, pool, pool.Name, secret)
		default:
			err = errors.New("neither aws nor vsphere")
		}
		if err != nil {
			return err
		}
		made = append(made, more...)
	}
	for _, one := range made {
		if err := json.NewEncoder(os.Stdout).Encode(one); err != nil {
			return err
		}
	}
	return nil
}

func judgeMachineSets(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	var all error
	for lines.Scan() {
		if err := judgeMachineSet(lines.Bytes()); err != nil {
			all = errors.Join(all, err)
		}
	}
	return errors.Join(all, lines.Err())
}

func judgeMachineSet(text []byte) error {
	set := &machineapi.MachineSet{}
	if err := strictly(text, set); err != nil {
		return err
	}
	value := set.Spec.Template.Spec.ProviderSpec.Value
	if value == nil {
		return fmt.Errorf("%s: no providerSpec.value", set.Name)
	}
	kind := struct{ Kind string }{}
	if err := json.Unmarshal(value.Raw, &kind); err != nil {
		return err
	}
	var err error
	switch kind.Kind {
	case "AWSMachineProviderConfig":
		err = strictly(value.Raw, &machineapi.AWSMachineProviderConfig{})
	case "VSphereMachineProviderSpec":
		err = strictly(value.Raw, &machineapi.VSphereMachineProviderSpec{})
	default:
		err = fmt.Errorf("no type is known for %q", kind.Kind)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", set.Name, err)
	}
	return nil
}

func strictly(text []byte, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	return decoder.Decode(into)
}

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "installer config|machinesets|workers PATH")
		os.Exit(2)
	}
	var err error
	switch path := os.Args[2]; os.Args[1] {
	case "config":
		err = folder(path).judge()
	case "machinesets":
		err = judgeMachineSets(path)
	case "workers":
		err = folder(path).workers()
	default:
		err = fmt.Errorf("no such question: %s", os.Args[1])
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
