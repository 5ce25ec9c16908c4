"""The published rules, one paper a module: counts in, what the rule makes of them out."""
