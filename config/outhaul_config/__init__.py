"""Settings, destination definitions, key names, connections, logging and Sentry: what every other part stands on."""
