"""Arguments and options of every wrong kind, given to every function of net: what is raised or emitted."""

from compliance._calls import called

scenarios = called("net_arguments")
