"""What `altus4 new-plugin` writes: a distribution with one provider, its contract test, README and CI file."""
