//go:build tools

// Package tools names the command to build, so that go.mod keeps what it needs.
package tools

import _ "github.com/openshift/hypershift/product-cli"
