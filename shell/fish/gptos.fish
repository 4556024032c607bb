# The fish integration of gptos.
