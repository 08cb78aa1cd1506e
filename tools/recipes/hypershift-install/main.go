// Command install is the installer of the HyperShift operator, which prints what it would install.
package main

import (
	"os"

	"github.com/openshift/hypershift/cmd/install"
)

func main() {
	if err := install.NewCommand().Execute(); err != nil {
		os.Exit(1)
	}
}
