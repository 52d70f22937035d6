"""Learning the weights of `learned.txt` from the messages that the project contains."""
