"""Platform and outbound orders: intake, matching, conversion, audit, states."""
