"""`make bench`: what the product does, each figure beside a floor measured in the same process and run."""
