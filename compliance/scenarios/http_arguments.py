"""Arguments and options of every wrong kind, given to every function of http: what is raised or emitted. See scripts/."""

from compliance._calls import called

scenarios = called("http_arguments")
