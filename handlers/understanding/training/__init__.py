"""Learning what the reader knows from the messages that the project contains."""
