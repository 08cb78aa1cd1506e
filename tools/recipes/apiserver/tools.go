//go:build tools

// Package tools names the command to build, so that go.mod keeps what it needs.
package tools

import _ "k8s.io/kubernetes/cmd/kube-apiserver"
