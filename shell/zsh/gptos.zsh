# The zsh integration of gptos.
