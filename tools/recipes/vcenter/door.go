package main

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"time"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/types"
)

// call is a line of the log; no body where it would hold a password.
type call struct {
	Number   int    `json:"number"`
	Method   string `json:"method"`
	Object   string `json:"object"`
	Mutating bool   `json:"mutating"`
	Body     string `json:"body,omitempty"`
	Held     bool   `json:"held"`
}

// fault is how the door misbehaves at the nth call of a method (of any, or any that changes
// something): slow, drop (not carried out), lose (carried out, no answer), hold and holdAfter (until
// the client goes, before and after it is carried out), soap (a fault of that name), busy (503).
type fault struct {
	Method   string  `json:"method"`
	Mutating bool    `json:"mutating"`
	Nth      int     `json:"nth"`
	Always   bool    `json:"always"`
	Kind     string  `json:"kind"`
	Seconds  float64 `json:"seconds"`
	Fault    string  `json:"fault"`
	seen     int
}

var reading = []string{
	"Retrieve", "ContinueRetrieve", "CancelRetrieve", "Login", "Logout", "CreateContainerView",
	"DestroyView", "Fetch", "Find", "CreateFilter", "DestroyPropertyFilter", "WaitForUpdates",
	"CheckForUpdates", "Query", "CurrentTime", "SessionIsActive", "CreatePropertyCollector",
	"DestroyPropertyCollector",
}

type door struct {
	inner  http.Handler
	model  *simulator.Model
	mutex  sync.Mutex
	calls  []*call
	faults []*fault
}

func (d *door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	one, rule := d.note(r, body)
	kind := ""
	if rule != nil {
		kind = rule.Kind
	}
	switch kind {
	case "slow":
		select {
		case <-time.After(time.Duration(rule.Seconds * float64(time.Second))):
		case <-r.Context().Done():
			return
		}
	case "drop":
		panic(http.ErrAbortHandler)
	case "hold":
		d.hold(one, r)
		return
	case "busy":
		http.Error(w, "busy", http.StatusServiceUnavailable)
		return
	case "soap":
		refuse(w, rule.Fault)
		return
	}
	d.complete(one, body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	answer := httptest.NewRecorder()
	d.inner.ServeHTTP(answer, r)
	text := answer.Body.Bytes()
	if one.Method == "AddCustomFieldDef" {
		// One for everything has no type in the simulator, and pyVmomi reads none without.
		text = bytes.Replace(text, []byte("<type></type>"), []byte("<type>xsd:string</type>"), 1)
		attributes := d.model.Map().CustomFieldsManager().Field
		for index := range attributes {
			attributes[index].Type = "xsd:string"
		}
	}
	switch kind {
	case "lose":
		panic(http.ErrAbortHandler)
	case "holdAfter":
		d.hold(one, r)
		return
	}
	for name, values := range answer.Header() {
		w.Header()[name] = values
	}
	w.WriteHeader(answer.Code)
	_, _ = w.Write(text)
}

func (d *door) hold(one *call, r *http.Request) {
	d.mutex.Lock()
	one.Held = true
	d.mutex.Unlock()
	<-r.Context().Done()
	panic(http.ErrAbortHandler)
}

// note writes a call down and finds the fault that is meant for it.
func (d *door) note(r *http.Request, body []byte) (*call, *fault) {
	one := &call{Method: "versions", Object: r.URL.Path}
	if r.Method == http.MethodPost {
		one.Method, one.Object = named(body)
		one.Mutating = true
		for _, prefix := range reading {
			one.Mutating = one.Mutating && !strings.HasPrefix(one.Method, prefix)
		}
		if one.Mutating {
			one.Body = string(body)
		}
	}
	d.mutex.Lock()
	defer d.mutex.Unlock()
	one.Number = len(d.calls) + 1
	d.calls = append(d.calls, one)
	for _, rule := range d.faults {
		if (rule.Method != "" && rule.Method != one.Method) || (rule.Mutating && !one.Mutating) {
			continue
		}
		rule.seen++
		if rule.seen == rule.Nth || (rule.Always && rule.seen >= rule.Nth) {
			return one, rule
		}
	}
	return one, nil
}

// complete does what the simulator leaves out: virtual performance counters of a machine are not
// kept, nor is it known to a network which machines are in it.
func (d *door) complete(one *call, body []byte) {
	if one.Method == "ReconfigVM_Task" {
		method, err := simulator.UnmarshalBody(types.TypeFunc(), body)
		if err == nil {
			spec := method.Body.(*types.ReconfigVM_Task).Spec
			machine, ok := d.model.Map().Get(method.This).(*simulator.VirtualMachine)
			if ok && spec.VPMCEnabled != nil && !machine.Config.Template {
				machine.Config.VPMCEnabled = spec.VPMCEnabled
			}
		}
	}
	if one.Mutating {
		return
	}
	inside := map[types.ManagedObjectReference][]types.ManagedObjectReference{}
	for _, entity := range d.model.Map().All("VirtualMachine") {
		machine := entity.(*simulator.VirtualMachine)
		if machine.Runtime.FaultToleranceState == "" {
			machine.Runtime.FaultToleranceState = types.VirtualMachineFaultToleranceStateNotConfigured
			machine.Runtime.RecordReplayState = types.VirtualMachineRecordReplayStateInactive
			machine.Summary.OverallStatus = types.ManagedEntityStatusGreen
			machine.Summary.Runtime = machine.Runtime
		}
		for _, network := range machine.Network {
			known := inside[network]
			if len(known) == 0 || known[len(known)-1] != machine.Self {
				inside[network] = append(known, machine.Self)
			}
		}
	}
	for _, entity := range d.model.Map().All("ResourcePool") {
		// A template is in no pool, and must not stay in one when it is deleted.
		pool, left := entity.(*simulator.ResourcePool), []types.ManagedObjectReference{}
		for _, one := range pool.Vm {
			machine, ok := d.model.Map().Get(one).(*simulator.VirtualMachine)
			if ok && !machine.Config.Template {
				left = append(left, one)
			}
		}
		pool.Vm = left
	}
	for _, kind := range []string{"Network", "DistributedVirtualPortgroup"} {
		for _, entity := range d.model.Map().All(kind) {
			switch network := entity.(type) {
			case *mo.Network:
				network.Vm = inside[network.Self]
			case *simulator.DistributedVirtualPortgroup:
				network.Vm = inside[network.Self]
			}
		}
	}
}

// named returns the method and the object of a SOAP request.
func named(body []byte) (string, string) {
	decoder := xml.NewDecoder(bytes.NewReader(body))
	method, inBody := "", false
	for {
		token, err := decoder.Token()
		if err != nil {
			return method, ""
		}
		start, ok := token.(xml.StartElement)
		switch {
		case !ok:
		case start.Name.Local == "Body":
			inBody = true
		case inBody && method == "":
			method = start.Name.Local
		case start.Name.Local == "_this":
			var value string
			_ = decoder.DecodeElement(&value, &start)
			return method, value
		}
	}
}

func refuse(w http.ResponseWriter, name string) {
	const text = `<?xml version="1.0" encoding="UTF-8"?>
<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"
 xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body><soapenv:Fault>
<faultcode>ServerFaultCode</faultcode><faultstring>judged so</faultstring>
<detail><%[1]sFault xmlns="urn:vim25" xsi:type="%[1]s">%[2]s</%[1]sFault></detail>
</soapenv:Fault></soapenv:Body></soapenv:Envelope>`
	more := ""
	if name == "NoPermission" || name == "NotAuthenticated" {
		more = `<object type="Folder">group-d1</object><privilegeId>Network.Assign</privilegeId>`
	}
	w.Header().Set("Content-Type", "text/xml; charset=utf-8")
	w.WriteHeader(http.StatusInternalServerError)
	fmt.Fprintf(w, text, name, more)
}

// control lets tests read the log and set faults.
func (d *door) control() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/log", func(w http.ResponseWriter, _ *http.Request) {
		d.mutex.Lock()
		defer d.mutex.Unlock()
		_ = json.NewEncoder(w).Encode(d.calls)
	})
	mux.HandleFunc("/faults", func(w http.ResponseWriter, r *http.Request) {
		d.mutex.Lock()
		defer d.mutex.Unlock()
		d.faults = nil
		if err := json.NewDecoder(r.Body).Decode(&d.faults); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
		}
	})
	return mux
}
