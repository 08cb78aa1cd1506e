"""vSphere underneath clusters: port groups that carry every VLAN, templates of hypervisors."""
