"""What on a cluster's nodes carries the rendered objects out, in the lab's own hand."""
