"""What simulator and beliefs share: how a facet is remembered and answered about, as arrays."""
