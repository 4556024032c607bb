# The bash integration of gptos.
