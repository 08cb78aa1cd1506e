"""What lies underneath clusters: rendered steps are compared with a cloud, carried out, removed."""
