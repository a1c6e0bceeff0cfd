"""AWS: environments as ECS services, load balancers, ElastiCache and RDS, in one account and region."""
