// Builds a vCenter of a few lines on govmomi's simulator, which pyVmomi speaks to as to a real one.
module hyperleaf.dev/judges/vcenter

go 1.25.0

require github.com/vmware/govmomi v0.55.0

require github.com/google/uuid v1.6.0 // indirect
