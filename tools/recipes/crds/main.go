// Command crds turns CustomResourceDefinitions, from YAML files and from KubeVirt's Go functions,
// into a folder with one JSON file each.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"regexp"

	"hyperleaf.dev/judges/crds/components"
	extv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"sigs.k8s.io/yaml"
)

var separator = regexp.MustCompile(`(?m)^---\s*$`)

type crd struct {
	Kind     string
	Metadata struct{ Name string }
}

// write stores one CRD under its name; a second one of the same name is an error, not a choice.
func write(folder string, text []byte) error {
	var head crd
	if err := json.Unmarshal(text, &head); err != nil {
		return err
	}
	if head.Kind != "CustomResourceDefinition" || head.Metadata.Name == "" {
		return fmt.Errorf("not a CRD: kind %q, name %q", head.Kind, head.Metadata.Name)
	}
	var indented bytes.Buffer
	if err := json.Indent(&indented, text, "", " "); err != nil {
		return err
	}
	path := filepath.Join(folder, head.Metadata.Name+".json")
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	if _, err := file.Write(indented.Bytes()); err != nil {
		return err
	}
	return file.Close()
}

// withoutConversion drops a webhook between versions: nobody answers it here, and its placeholder of
// a certificate would keep the definition from being served.
func withoutConversion(text []byte) ([]byte, error) {
	var whole map[string]any
	if err := json.Unmarshal(text, &whole); err != nil {
		return nil, err
	}
	if spec, ok := whole["spec"].(map[string]any); ok {
		delete(spec, "conversion")
	}
	return json.Marshal(whole)
}

// fromYAML writes every CRD of a YAML file, which may hold several documents.
func fromYAML(folder, path string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	for _, document := range separator.Split(string(text), -1) {
		converted, err := yaml.YAMLToJSON([]byte(document))
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		if string(converted) == "null" {
			continue
		}
		alone, err := withoutConversion(converted)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		if err := write(folder, alone); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
	}
	return nil
}

// fromKubeVirt writes the CRDs of a KubeVirt installation that users and live migration touch.
func fromKubeVirt(folder string) error {
	for _, build := range []func() (*extv1.CustomResourceDefinition, error){
		components.NewVirtualMachineCrd,
		components.NewVirtualMachineInstanceCrd,
		components.NewVirtualMachineInstanceMigrationCrd,
		components.NewMigrationPolicyCrd,
		components.NewKubeVirtCrd,
		components.NewVirtualMachineInstancetypeCrd,
		components.NewVirtualMachineClusterInstancetypeCrd,
		components.NewVirtualMachinePreferenceCrd,
		components.NewVirtualMachineClusterPreferenceCrd,
	} {
		built, err := build()
		if err != nil {
			return err
		}
		built.Kind, built.APIVersion = "CustomResourceDefinition", "apiextensions.k8s.io/v1"
		text, err := json.Marshal(built)
		if err != nil {
			return err
		}
		if err := write(folder, text); err != nil {
			return fmt.Errorf("%s: %w", built.Name, err)
		}
	}
	return nil
}

func main() {
	log.SetFlags(0)
	if len(os.Args) < 2 {
		log.Fatal("usage: crds FOLDER [YAML file]... | crds FOLDER --kubevirt")
	}
	if len(os.Args) == 3 && os.Args[2] == "--kubevirt" {
		if err := fromKubeVirt(os.Args[1]); err != nil {
			log.Fatal(err)
		}
		return
	}
	for _, path := range os.Args[2:] {
		if err := fromYAML(os.Args[1], path); err != nil {
			log.Fatal(err)
		}
	}
}
