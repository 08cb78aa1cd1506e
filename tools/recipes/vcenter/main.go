// Command vcenter is govmomi's simulator with the inventory of a small lab, behind a door that
// checks TLS, writes down each call and misbehaves when asked to.
//
//	vcenter -ca FILE [-user U -password P] [-hosts a,b] [-machines N] ...
//
// It prints one line of JSON: url (of the vCenter), control (of what tests ask and tell: GET /log,
// POST /faults with a JSON list of faults), and ends with its standard input.
package main

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"

	"github.com/vmware/govmomi/simulator"
)

type wanted struct {
	datacenter, cluster, datastore, dvs, folder, template, network string
	hosts                                                          []string
	machines                                                       int
}

func main() {
	var want wanted
	var hosts string
	ca := flag.String("ca", "", "where the certificate is written that clients must trust")
	user := flag.String("user", "administrator@vsphere.local", "")
	password := flag.String("password", "judge", "")
	flag.StringVar(&want.datacenter, "datacenter", "Garden", "")
	flag.StringVar(&want.cluster, "cluster", "Goat", "")
	flag.StringVar(&hosts, "hosts", "esx1.lab.example,esx2.lab.example", "")
	flag.StringVar(&want.datastore, "datastore", "VMData-HD", "")
	flag.StringVar(&want.dvs, "dvs", "DSwitch", "")
	flag.StringVar(&want.folder, "folder", "hub-7vxwj", "")
	flag.StringVar(&want.template, "template", "hub-7vxwj-rhcos", "")
	flag.StringVar(&want.network, "network", "lab-192-168-4-0-b24", "")
	flag.IntVar(&want.machines, "machines", 0, "other virtual machines")
	cloning := flag.Int("cloning", 0, "how long a clone takes, milliseconds")
	flag.Parse()
	want.hosts = strings.Split(hosts, ",")

	model, err := build(context.Background(), want)
	if err != nil {
		log.Fatal(err)
	}
	defer model.Remove()
	if *cloning > 0 {
		// Without the hand-over, nobody could read the machine while it is cloned.
		simulator.TaskDelay.MethodDelay = map[string]int{"CloneVm": *cloning, "LockHandoff": 0}
	}
	model.Service.Listen = &url.URL{Host: "127.0.0.1:0", User: url.UserPassword(*user, *password)}
	inner := model.Service.NewServer()
	defer inner.Close()

	door := &door{inner: model.Service.ServeMux, model: model}
	outside, control := listen(), listen()
	certificate, err := certify(*ca)
	if err != nil {
		log.Fatal(err)
	}
	secured := tls.NewListener(outside, &tls.Config{Certificates: []tls.Certificate{certificate}})
	silent := log.New(io.Discard, "", 0)
	go func() { log.Fatal((&http.Server{Handler: door, ErrorLog: silent}).Serve(secured)) }()
	go func() { log.Fatal(http.Serve(control, door.control())) }()
	line, _ := json.Marshal(map[string]string{
		"url": "https://" + outside.Addr().String(), "control": "http://" + control.Addr().String(),
	})
	fmt.Println(string(line))
	_, _ = io.Copy(io.Discard, os.Stdin)
}

func listen() net.Listener {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	return listener
}
