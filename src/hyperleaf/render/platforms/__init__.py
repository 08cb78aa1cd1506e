"""What is to be made underneath clusters becomes files: steps, and templates of stacks."""
