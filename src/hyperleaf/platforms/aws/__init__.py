"""AWS: accounts, zones, stacks and tags, asked for and made by boto3, which is imported late."""
