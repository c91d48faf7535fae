"""Arguments and options of every wrong kind, given to every function of http: what is raised or emitted."""

from compliance._calls import called

scenarios = called("http_arguments")
