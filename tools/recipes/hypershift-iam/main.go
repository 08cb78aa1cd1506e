// Makes what HyperShift's own command line makes of IAM for a hosted cluster, in an account that is
// told: its product's command would ask the real one.
package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/aws/aws-sdk-go/aws"
	"github.com/aws/aws-sdk-go/aws/session"
	"github.com/aws/aws-sdk-go/service/iam"

	infra "github.com/openshift/hypershift/cmd/infra/aws"
)

type asked struct {
	Endpoint, InfraID, Bucket, Region  string
	PublicZone, PrivateZone, LocalZone string
}

func main() {
	if err := create(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func create() error {
	words := asked{}
	if err := json.NewDecoder(os.Stdin).Decode(&words); err != nil {
		return err
	}
	config := aws.NewConfig().WithEndpoint(words.Endpoint).WithRegion(words.Region)
	client := iam.New(session.Must(session.NewSession(config)))
	options := infra.CreateIAMOptions{
		Region:                          words.Region,
		InfraID:                         words.InfraID,
		OIDCStorageProviderS3BucketName: words.Bucket,
		OIDCStorageProviderS3Region:     words.Region,
		PublicZoneID:                    words.PublicZone,
		PrivateZoneID:                   words.PrivateZone,
		LocalZoneID:                     words.LocalZone,
	}
	if _, err := options.CreateOIDCResources(client); err != nil {
		return err
	}
	return options.CreateWorkerInstanceProfile(client, infra.DefaultProfileName(words.InfraID))
}
