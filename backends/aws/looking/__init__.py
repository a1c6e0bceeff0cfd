"""What there is at AWS: every service asked, in as few calls as it takes, and put together as environments."""
