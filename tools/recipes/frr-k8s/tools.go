//go:build tools

// Package tools names the command to build, so that go.mod keeps what it needs.
package tools

import _ "github.com/metallb/frr-k8s/cmd/frr-k8s-controller"
