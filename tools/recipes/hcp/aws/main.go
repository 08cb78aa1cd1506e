// Prints what HyperShift would create for a cluster on AWS whose infrastructure is there: the options
// of its command line come as JSON on standard input, since its product's command makes the cloud.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	"github.com/openshift/hypershift/cmd/cluster/aws"
	"github.com/openshift/hypershift/cmd/cluster/core"
	"github.com/openshift/hypershift/cmd/log"
)

func main() {
	options := &core.CreateOptions{}
	err := json.NewDecoder(os.Stdin).Decode(options)
	options.Log, options.Render = log.Log, true
	if err == nil {
		err = aws.CreateCluster(context.Background(), options)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
