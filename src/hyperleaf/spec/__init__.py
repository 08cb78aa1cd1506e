"""What a user may write: YAML with positions, read into models; JSON Schema and CRDs from them."""
